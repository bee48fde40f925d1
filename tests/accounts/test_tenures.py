"""Tenures and departments: shares, dates, corrections, gaps, liaisons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import selectors, services
from accounts.models import Department, Tenure, User
from accounts.roles import Role
from accounts.services import Saved
from accounts.timeline import Span, segments
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from tests.factories.people import make_department, make_holder, make_tenure, make_user
from tests.web.scene import make_store

pytestmark = pytest.mark.django_db
Add = Callable[..., Saved]
JANUARY, JUNE, JULY = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)
HALF = Fraction(1, 2)


@pytest.fixture
def add(administrator: User, now: datetime) -> Add:
    """``add(user, role, …)``: a tenure from January on, by the administrator."""

    def call(user: User, role: Role = Role.COPY, **fields: Any) -> Saved:
        values: dict[str, Any] = {"valid_from": JANUARY, "valid_to": None, **fields}
        return services.add_tenure(user=user, role=role, by=administrator, now=now, **values)

    return call


def test_shares_of_a_role_may_sum_to_one(add: Add) -> None:
    first = add(make_user(), share=HALF)
    assert "份额合计只有 0.5" in first.warnings[0]
    assert add(make_user(), share=HALF).warnings == ()


def test_shares_above_one_on_any_day_are_refused(add: Add) -> None:
    add(make_user(name="朱"), valid_from=JULY)
    with pytest.raises(Conflict, match=r"2026年7月1日 周三起“文案编辑”已由朱（1）任职"):
        add(make_user(), share=Fraction(1, 3))
    add(make_user(), share=Fraction(1, 3), valid_to=JUNE)


@pytest.mark.parametrize("share", ["0", "-1", "3/2"])
def test_share_that_is_none_is_refused(share: str, add: Add) -> None:
    with pytest.raises(Invalid, match="份额要大于 0"):
        add(make_user(), share=Fraction(share))


def test_finance_is_not_shared(add: Add) -> None:
    assert add(make_user(), Role.FINANCE).warnings == ()
    assert add(make_user(), Role.FINANCE).warnings == ()


def test_end_before_start_is_refused(add: Add) -> None:
    with pytest.raises(Invalid, match="早于开始日期"):
        add(make_user(), valid_from=JULY, valid_to=JUNE)


def test_same_role_twice_on_a_day_is_refused(add: Add) -> None:
    user = make_user()
    add(user, Role.FINANCE)
    with pytest.raises(Conflict, match="日期重叠"):
        add(user, Role.FINANCE, valid_from=JULY)


def test_store_manager_names_a_store_that_exists(add: Add) -> None:
    make_store()
    with pytest.raises(Invalid, match="请选门店"):
        add(make_user(), Role.STORE_MANAGER)
    with pytest.raises(Invalid, match="没有编码为“S99”的门店"):
        add(make_user(), Role.STORE_MANAGER, store_code="S99")
    assert add(make_user(), Role.STORE_MANAGER, store_code="S01").tenure.store_code == "S01"


def test_ending_warns_of_the_gap_behind_it(
    add: Add,
    administrator: User,
    now: datetime,
) -> None:
    tenure = add(make_user()).tenure
    saved = services.end_tenure(
        tenure=tenure, last_day=JUNE, reason="调岗", by=administrator, now=now
    )
    assert saved.warnings[0].startswith("2026年7月1日 周三起没有人任“文案编辑”")
    with pytest.raises(Conflict, match="已在2026年6月30日"):
        services.end_tenure(tenure=tenure, last_day=JULY, reason="调岗", by=administrator, now=now)


def test_correction_keeps_the_old_facts_in_the_trail(
    add: Add,
    administrator: User,
    now: datetime,
) -> None:
    tenure = add(make_user()).tenure
    services.correct_tenure(
        tenure=tenure,
        valid_from=JULY,
        valid_to=None,
        share=HALF,
        reason="日期登记错了",
        by=administrator,
        now=now,
    )
    details = AuditEntry.objects.get(act="correct_tenure").details
    assert (details["before"]["from"], details["after"]["from"]) == ("2026-01-01", "2026-07-01")
    assert (details["before"]["share"], details["after"]["share"]) == ("1", "1/2")
    assert details["reason"] == "日期登记错了"


def test_withdrawn_tenure_stays_in_the_trail(
    add: Add,
    administrator: User,
    now: datetime,
) -> None:
    tenure = add(make_user(username="zhu")).tenure
    services.remove_tenure(tenure=tenure, reason="登记错了人", by=administrator, now=now)
    assert not Tenure.objects.exists()
    details = AuditEntry.objects.get(act="remove_tenure").details
    assert (details["person"], details["before"]["role"]) == ("zhu", "copy")


def test_time_line_has_no_hole_and_marks_gaps() -> None:
    spans = [Span(1, "朱", date(2026, 2, 1), JUNE), Span(2, "李", date(2026, 6, 15), None, HALF)]
    found = segments(spans, JANUARY, date(2026, 12, 31))
    assert [(each.first, [span.person for span in each.holders]) for each in found] == [
        (JANUARY, []),
        (date(2026, 2, 1), ["朱"]),
        (date(2026, 6, 15), ["朱", "李"]),
        (JULY, ["李"]),
    ]
    assert sum(each.days for each in found) == 365
    assert [each.is_gap for each in found] == [True, False, False, False]
    assert [each.is_short for each in found] == [False, False, False, True]


def test_department_that_takes_part_has_exactly_one_liaison(
    add: Add,
    administrator: User,
    client: Client,
    now: datetime,
) -> None:
    """S000-13: one current liaison with dates; none and two are reported."""
    make_holder(Role.IT, name="张")
    public = make_department(name="公关部", takes_part=True)
    make_department(name="仓储部", takes_part=False)
    client.force_login(administrator)

    def findings() -> list[str]:
        found: list[str] = client.get("/people/departments/").context["findings"]
        return found

    assert findings() == ["公关部参与公众号工作，但现在没有对接人：请登记一位。"]
    one = add(make_user(name="宋"), Role.LIAISON, department=public).tenure
    assert findings() == []
    add(make_user(name="吴"), Role.LIAISON, department=public)
    assert "公关部现在有 2 位对接人（宋、吴）" in findings()[0]
    yesterday = clock.business_day(clock.now()) - timedelta(days=1)
    services.end_tenure(tenure=one, last_day=yesterday, reason="换人", by=administrator, now=now)
    assert findings() == []
    assert "张" in client.get("/people/roles/").content.decode()


def test_liaison_of_the_three_departments_is_their_own_post(add: Add) -> None:
    it = make_department(name="信息部")
    with pytest.raises(Invalid, match="信息部对接人"):
        add(make_user(), Role.LIAISON, department=it)


def test_departments_are_added_and_renamed_without_code(
    administrator: User, client: Client
) -> None:
    """S001-30: departments come, and the liaison's post stays with one that is renamed."""
    make_holder(Role.IT, name="张")
    client.force_login(administrator)
    client.post("/people/departments/add/", {"name": "公关部", "takes_part": "on"})
    assert Department.objects.get(name="公关部").takes_part
    it = Department.objects.get(name="信息部")
    client.post(f"/people/departments/{it.pk}/", {"name": "数字中心", "takes_part": "on"})
    day = clock.business_day(clock.now())
    found = {each.name: each.today for each in selectors.liaison_posts(day.year, day=day)}
    assert [holder.person for holder in found["数字中心"].holders] == ["张"]  # type: ignore[union-attr]
    assert services.department_of_liaison(Role.IT).name == "数字中心"
    details = AuditEntry.objects.get(act="change_department").details
    assert details["before"]["name"] == "信息部"


def test_department_of_a_name_that_is_taken_is_refused(administrator: User, now: datetime) -> None:
    make_department(name="公关部")
    with pytest.raises(Conflict, match="已有名为“公关部”的部门"):
        services.add_department(name="公关部", takes_part=False, by=administrator, now=now)


@pytest.mark.parametrize("number", [1, 3])
def test_posts_ask_a_constant_number_of_queries(
    number: int,
    administrator: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        make_department(name=f"部门{index}")
        make_tenure(user=make_user(), role=Role.PLANNER, share=f"1/{number}")
        make_tenure(user=make_user(), role=Role.STORE_MANAGER, store_code=f"S{index}")
    client.force_login(administrator)
    with django_assert_num_queries(8):
        client.get("/people/roles/")
    with django_assert_num_queries(6):
        client.get("/people/roles/stores/")


def test_every_store_has_its_line_and_its_manager(administrator: User, client: Client) -> None:
    make_holder(Role.STORE_MANAGER, name="钱", store_code="S07")
    client.force_login(administrator)
    assert "1 家门店" in client.get("/people/roles/").content.decode()
    text = client.get("/people/roles/stores/").content.decode()
    assert "S07" in text
    assert "钱" in text
    assert "还没有门店" in client.get("/people/roles/stores/?year=2001").content.decode()


def test_refused_tenure_keeps_what_was_filled_in(administrator: User, client: Client) -> None:
    user = make_user()
    client.force_login(administrator)
    data = {"tenure-role": "copy", "tenure-valid_from": "2026-07-01", "tenure-share": "2"}
    text = client.post(f"/people/{user.pk}/tenures/", data).content.decode()
    assert "份额要大于 0" in text
    assert 'value="2026-07-01"' in text
    data["tenure-share"] = "0.5"
    answer = client.post(f"/people/{user.pk}/tenures/", data, follow=True)
    assert "份额合计只有 0.5" in answer.content.decode()

"""Deputies: rights during an absence, traced as such; four eyes hold for them too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import rules, services
from accounts.models import Deputy, User
from accounts.roles import Role
from accounts.separation import Act, different_people, require_different_people
from accounts.services.deputies import set_deputy
from haitang.kernel import audit, clock
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.models import AuditEntry, Notice
from tests.factories.people import make_tenure, make_user

pytestmark = pytest.mark.django_db


def _fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def _deputise(person: User, deputy: User, **fields: Any) -> Deputy:
    now = clock.now()
    today = clock.business_day(now)
    values: dict[str, Any] = {
        "role": None,
        "valid_from": today,
        "valid_to": today + timedelta(days=6),
        "reason": "出差",
        "by": person,
        "now": now,
        **fields,
    }
    return set_deputy(person=person, deputy=deputy, **values)


def test_deputy_has_the_tasks_and_approvals_of_the_absence(
    general_manager: User, supervisor: User, client: Client
) -> None:
    """S003-117: a deputy with start and end has the absent person's rights, and nobody after."""
    assert not rules.may_override(_fresh(supervisor))
    row = _deputise(general_manager, supervisor)
    deputy = _fresh(supervisor)
    assert rules.may_override(deputy)
    assert rules.standing(deputy).names == "总督导、代 王总 的总经理"
    assert services.acting_for(deputy, Role.GENERAL_MANAGER, clock.now()) == general_manager
    assert Notice.objects.get(recipient=supervisor).text.startswith("王总 请您在")
    services.end_deputy(deputy=row, by=general_manager, now=clock.now())
    assert not rules.may_override(_fresh(supervisor))


@pytest.mark.parametrize("days", [-3, 3])
def test_deputy_has_nothing_before_and_after_the_days(
    days: int, general_manager: User, supervisor: User
) -> None:
    row = _deputise(general_manager, supervisor)
    today = clock.business_day(clock.now())
    first = today + timedelta(days=days)
    Deputy.objects.filter(pk=row.pk).update(valid_from=first, valid_to=first + timedelta(days=1))
    assert not rules.may_override(_fresh(supervisor))


def test_deputy_of_one_role_has_no_other(planner: User, art: User) -> None:
    make_tenure(user=planner, role=Role.FINANCE)
    _deputise(planner, art, role=Role.PLANNER)
    assert rules.standing(_fresh(art)).roles == {"art", "planner"}


def test_store_managers_deputy_sees_that_store(store_manager: User, employee: User) -> None:
    _deputise(store_manager, employee)
    assert rules.may_see_store(_fresh(employee), "S01")
    assert not rules.may_see_store(_fresh(employee), "S02")


def test_administrator_is_not_deputised(administrator: User, planner: User) -> None:
    with pytest.raises(Conflict, match="没有担任任何需要代理的岗位"):
        _deputise(administrator, planner)
    assert not rules.is_administrator(_fresh(planner))


def test_acts_of_a_deputy_name_the_person_deputised(
    administrator: User, general_manager: User, supervisor: User, client: Client
) -> None:
    _deputise(general_manager, supervisor)
    client.force_login(supervisor)
    assert client.post("/audit/verify/").status_code == 302
    entry = AuditEntry.objects.get(act="verify_audit")
    assert entry.actor == supervisor
    assert entry.details["on_behalf_of"] == "王总"
    assert entry.details["as_role"] == "general_manager"
    client.force_login(administrator)
    assert "代 王总" in client.get("/audit/").content.decode()


def test_acts_by_own_right_name_nobody(
    general_manager: User, vice_general_manager: User, client: Client
) -> None:
    _deputise(vice_general_manager, general_manager)
    client.force_login(general_manager)
    client.post("/audit/verify/")
    assert "on_behalf_of" not in AuditEntry.objects.get(act="verify_audit").details


def test_details_for_an_act_in_a_role(general_manager: User, supervisor: User) -> None:
    _deputise(general_manager, supervisor)
    now = clock.now()
    details = services.act_details(supervisor, Role.GENERAL_MANAGER, now=now)
    assert details["on_behalf_of_id"] == general_manager.pk
    assert services.act_details(supervisor, Role.SUPERVISOR, now=now) == {}
    with transaction.atomic():
        entry = audit.record(stream="x", act="x", by=supervisor, now=now, details=details)
    assert entry.details["on_behalf_of"] == "王总"


def test_rights_with_a_deputy_still_cost_one_query(
    general_manager: User, supervisor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _deputise(general_manager, supervisor)
    user = _fresh(supervisor)
    with django_assert_num_queries(1):
        assert rules.enter(user, rules.may_override)


def test_oneself_is_no_deputy(planner: User) -> None:
    with pytest.raises(Invalid, match="不能是本人"):
        _deputise(planner, planner)


def test_days_gone_by_are_refused(planner: User, art: User) -> None:
    past = clock.business_day(clock.now()) - timedelta(days=2)
    with pytest.raises(Invalid, match="已经过去"):
        _deputise(planner, art, valid_from=past, valid_to=past)


def test_overlapping_deputies_are_refused(planner: User, art: User, copy: User) -> None:
    _deputise(planner, art, role=Role.PLANNER)
    with pytest.raises(Conflict, match="日期重叠"):
        _deputise(planner, copy)


def test_deputy_of_a_deputy_is_refused_either_way(planner: User, art: User, copy: User) -> None:
    _deputise(planner, art)
    with pytest.raises(Conflict, match="自己也由 张美工 代理"):
        _deputise(copy, planner)
    with pytest.raises(Conflict, match="代理不能再转给别人"):
        _deputise(art, copy)


def test_rights_of_a_deputy_are_not_passed_on(planner: User, art: User, copy: User) -> None:
    """Also when rows of a chain stand in the database."""
    _deputise(planner, art)
    today = clock.business_day(clock.now())
    Deputy.objects.create(
        person=art,
        deputy=copy,
        valid_from=today,
        valid_to=today,
        reason="x",
        created_by=art,
        created_at=clock.now(),
    )
    assert rules.standing(_fresh(copy)).roles == {"copy", "art"}


def test_deputy_whose_account_ends_before_is_refused(planner: User, art: User) -> None:
    User.objects.filter(pk=art.pk).update(last_day=clock.business_day(clock.now()))
    with pytest.raises(Conflict, match="账号在代理期间停用"):
        _deputise(planner, _fresh(art))


def test_person_sets_the_own_deputy_on_the_page(
    planner: User, art: User, copy: User, client: Client
) -> None:
    today = clock.business_day(clock.now())
    client.force_login(planner)
    data = {"deputy": art.pk, "person": copy.pk, "valid_from": today, "valid_to": today}
    answer = client.post("/deputies/", {**data, "role": "", "reason": "休假"}, follow=True)
    assert "张美工 代 刘策划" in answer.content.decode()
    assert Deputy.objects.get().person == planner  # a forged person changes nothing


def test_administrator_sets_the_deputy_of_another(
    administrator: User, planner: User, art: User, client: Client
) -> None:
    today = clock.business_day(clock.now())
    client.force_login(administrator)
    data = {"person": planner.pk, "deputy": art.pk, "valid_from": today, "valid_to": today}
    client.post("/deputies/", {**data, "role": "planner", "reason": "急病"})
    row = Deputy.objects.get()
    assert (row.person, row.created_by, row.role) == (planner, administrator, "planner")
    assert "为您登记了代理人" in Notice.objects.get(recipient=planner).text


def test_stranger_cannot_end_a_deputy(planner: User, art: User, copy: User, client: Client) -> None:
    row = _deputise(planner, art)
    client.force_login(copy)
    assert client.post(f"/deputies/{row.pk}/end/").status_code == 404
    client.force_login(art)
    client.post(f"/deputies/{row.pk}/end/")
    row.refresh_from_db()
    assert row.ended_at


@pytest.mark.parametrize(
    ("acts", "allowed"),
    [
        ([Act(1), Act(2), Act(3)], True),
        ([Act(1), Act(1)], False),
        ([Act(1), Act(2), Act(1)], False),
        ([Act(1), Act(2, on_behalf_of=1)], False),
        ([Act(2, on_behalf_of=1), Act(1)], False),
        ([Act(2, on_behalf_of=1), Act(3, on_behalf_of=1)], False),
        ([Act(2, on_behalf_of=1), Act(2, on_behalf_of=3)], False),
        ([Act(2, on_behalf_of=1), Act(3, on_behalf_of=4), Act(5)], True),
        ([], True),
    ],
)
def test_two_steps_never_share_a_person(acts: list[Act], allowed: bool) -> None:
    assert different_people(*acts) is allowed


def test_refusal_of_two_steps_names_them() -> None:
    submit, approve = Act(1, step="提交", actor_name="李"), Act(1, step="审批", actor_name="李")
    with pytest.raises(NotAllowed, match="“提交”和“审批”不能出自同一个人"):
        require_different_people(submit, approve)


def test_colleague_without_a_post_cannot_be_deputised(employee: User) -> None:
    with pytest.raises(Conflict, match="没有担任"):
        _deputise(employee, make_user())


def test_reason_is_wanted(planner: User, art: User, now: datetime) -> None:
    with pytest.raises(Invalid, match="请写明原因"):
        _deputise(planner, art, reason="  ")

"""The policy page: the version of a month in plain Chinese, its choices, the list of versions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.policy import explain
from haitang.policy.document import parse
from haitang.policy.models import PolicyVersion
from haitang.policy.options import OPTIONS
from haitang.policy.rulebook import RULES
from haitang.policy.services import publish_policy

pytestmark = pytest.mark.django_db

PUBLISHED = datetime(2026, 8, 20, 2, 0, tzinfo=UTC)


def _publish(code: str = "2026", valid_from: str = "2026-09-01", **fields: object) -> PolicyVersion:
    return publish_policy(
        document={"code": code, "valid_from": valid_from, **fields}, by=None, now=PUBLISHED
    )


def test_page_shows_the_version_in_force_in_the_month(client: Client, copy: User) -> None:
    _publish(pool_rate="0.25")
    client.force_login(copy)
    september = client.get("/policy/?month=2026-09").content.decode()
    august = client.get("/policy/?month=2026-08").content.decode()
    assert "25%" in september
    assert "提取比例由 20% 改为 25%" in september
    assert "与运营方案的原文完全一致" in august


def test_page_says_every_choice_and_marks_the_chosen(client: Client, finance: User) -> None:
    _publish(options={"floor": "campaign"})
    client.force_login(finance)
    text = client.get("/policy/?month=2026-09").content.decode()
    for option in OPTIONS.values():
        assert option.question in text
        for meaning in option.meanings.values():
            assert meaning in text
        assert f'data-chosen="{option.key}"' in text
    chosen = text.partition('data-chosen="floor"')[2].partition("</li>")[0]
    assert "不会，每个活动最少按零计" in chosen


def test_page_says_every_rule_and_target(client: Client, planner: User) -> None:
    client.force_login(planner)
    text = client.get("/policy/?month=2026-10").content.decode()
    for rule in RULES.values():
        assert rule.text in text
    # 3000 × 1.2^8 = 12,899.4; 1000 × 1.2^8 = 4,299.8
    assert "12,899" in text
    assert "4,300" in text
    assert "每种扣 20%，一年最多计 5 种" in text


def test_superseded_version_has_its_own_page(client: Client, general_manager: User) -> None:
    first = _publish(pool_rate="0.25")
    _publish(pool_rate="0.30")
    client.force_login(general_manager)
    assert "30%" in client.get("/policy/?month=2026-09").content.decode()
    text = client.get(f"/policy/versions/{first.pk}/").content.decode()
    assert "提取比例由 20% 改为 25%" in text
    assert client.get("/policy/versions/999/").status_code == 404


def test_month_that_is_none_is_refused_with_a_sentence(client: Client, finance: User) -> None:
    client.force_login(finance)
    answer = client.get("/policy/?month=2026-13")
    assert answer.status_code == 400
    assert "写得不对" in answer.content.decode()


def test_store_manager_and_stranger_do_not_see_the_policy(
    client: Client, store_manager: User
) -> None:
    assert client.get("/policy/").status_code == 302
    client.force_login(store_manager)
    assert client.get("/policy/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_a_constant_number_of_queries(
    number: int, client: Client, finance: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        _publish(code=f"v{index}", pool_rate=f"0.2{index}")
    client.force_login(finance)
    with django_assert_num_queries(5):
        client.get("/policy/?month=2026-10")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"coefficients": {"planner": "0.10", "reserve": "0.25"}}, "总策划的系数由 0.15 改为 0.10"),
        ({"member_days": [5, 15]}, "会员日由 8、18、28 日 改为 5、15 日"),
        (
            {"comparators": {"small": {"weekend": "year_on_year"}}},
            "小型（一家店）周末活动的比较维度由 “前三个周末平均值” 改为 “上年同期”",
        ),
        ({"baseline": {"weekend": {"n": 4}}}, "周末平均所需的天数由 3 改为 4"),
        ({"rules": {"it.complaint": "0.2"}}, "“其他部门投诉一次”的扣减比例由 10% 改为 20%"),
        ({"reads": {"growth": "0.1"}}, "关注量目标的年递增由 20% 改为 10%"),
        ({"fund": {"fees": {"customer": "150"}}}, "客户稿酬由 ¥200.00 改为 ¥150.00"),
        (
            {"options": {"fund_carries": False}},
            "“日常维持资金没用完时怎么办？”改为“月底清零”（原文：“结转下月”）",
        ),
    ],
)
def test_each_difference_is_a_sentence(fields: dict[str, object], sentence: str) -> None:
    found = explain.differences(parse(fields))
    assert any(each.startswith(sentence) for each in found), found


def test_same_numbers_written_otherwise_are_no_difference() -> None:
    same = {"pool_rate": "1/5", "member_days": [28, 18, 8], "fund": {"monthly": "2000.00"}}
    assert explain.differences(parse(same)) == []

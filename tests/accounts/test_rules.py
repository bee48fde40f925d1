"""Predicates over the tenures of the day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import rules
from accounts.models import User
from accounts.rights import named_rights
from accounts.roles import Role
from accounts.wording import rights_of
from haitang.kernel import clock
from tests.factories.people import make_tenure, make_user

pytestmark = pytest.mark.django_db


def _fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_tenure_that_ended_yesterday_gives_no_right() -> None:
    today = clock.business_day(clock.now())
    user = make_user()
    make_tenure(user=user, role=Role.FINANCE, valid_to=today - timedelta(days=1))
    assert not rules.may_see_months(user)


def test_tenure_that_ends_today_still_gives_its_right() -> None:
    user = make_user()
    make_tenure(user=user, role=Role.FINANCE, valid_to=clock.business_day(clock.now()))
    assert rules.may_see_months(user)


def test_tenure_that_begins_tomorrow_gives_no_right() -> None:
    user = make_user()
    tomorrow = clock.business_day(clock.now()) + timedelta(days=1)
    make_tenure(user=user, role=Role.GENERAL_MANAGER, valid_from=tomorrow)
    assert not rules.may_override(user)


def test_predicates_compose(planner: User) -> None:
    both = rules.has_role(Role.PLANNER) & rules.is_administrator
    assert not both(planner)
    assert (rules.has_role(Role.PLANNER) | rules.is_administrator)(planner)
    assert (~rules.is_administrator)(planner)


def test_rights_cost_one_query_a_request(
    planner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = _fresh(planner)
    with django_assert_num_queries(1):
        rules.may_see_months(user)
        rules.may_see_sales(user)
        rules.standing(user)


def test_store_manager_sees_the_own_store_only(store_manager: User) -> None:
    assert rules.may_see_store(store_manager, "S01")
    assert not rules.may_see_store(store_manager, "S02")
    assert rules.visible_stores(store_manager) == frozenset({"S01"})


def test_general_manager_sees_every_store(general_manager: User) -> None:
    assert rules.may_see_store(general_manager, "S02")
    assert rules.visible_stores(general_manager) is None


def test_administrator_may_calculate_but_never_override(administrator: User) -> None:
    assert rules.may_calculate(administrator)
    assert not rules.may_override(administrator)


def test_anonymous_has_no_right() -> None:
    assert not rules.may_see_campaigns(AnonymousUser())


def test_standing_names_every_role(planner: User) -> None:
    make_tenure(user=planner, role=Role.COPY, valid_from=date(2020, 1, 1))
    assert rules.standing(_fresh(planner)).names == "总策划、文案编辑"


def test_refusal_names_the_right_that_is_missing_and_whose_it_is(
    client: Client, employee: User
) -> None:
    client.force_login(employee)
    page = client.get("/people/").content.decode()
    assert "您的角色（员工）没有这一页或这一步的权限，需要“看人员、任职和部门”的权利：" in page
    assert "总督导、总经理、副总经理、财务、管理员有" in page
    answer = client.post("/months/2026-10/paid/").content.decode()
    assert "需要“登记付款和收款账户，导出银行文件”的权利：财务有" in answer


def test_every_right_has_one_name() -> None:
    named = list(named_rights())
    assert len({words for words, _ in named}) == len(named) > 30
    assert "批准和撤销批准" in [words for words, _ in named]


def test_person_s_rights_are_told_in_words(general_manager: User, finance: User) -> None:
    assert "批准和撤销批准" in rights_of(general_manager)
    assert "看账本" in rights_of(finance)
    assert "发布和撤回制度" not in rights_of(finance)

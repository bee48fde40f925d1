"""Predicates over the tenures of the day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from accounts import rules
from accounts.models import User
from accounts.roles import Role
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

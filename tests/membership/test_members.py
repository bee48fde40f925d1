"""Members: from the first sale line with the card on, made without slowing an import down."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from campaigns.models import MemberCard, SalesImport, StoreDay
from campaigns.tasks import nightly_job
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import Job
from haitang.kernel.personal import keyed_hash
from membership.conversing import link_member, unlink_member
from membership.members import member_by_card, take_up_members
from membership.models import Member
from tests.factories.followers import NOW, make_follower
from tests.web import scene

pytestmark = pytest.mark.django_db


def test_member_is_there_from_the_first_sale_line_with_the_card() -> None:
    sales = scene.make_sales([scene.make_store()], first=date(2026, 10, 3), last=date(2026, 10, 9))
    MemberCard.objects.create(number="6222000099999999")  # nothing was bought with it
    assert take_up_members(now=NOW) == 1
    member = Member.objects.get()
    assert member.first_bought_on == date(2026, 10, 3)
    assert take_up_members(now=NOW) == 0
    assert str(member) == f"会员卡 {'*' * 12}5678"
    assert sales.state == "done"


def test_earlier_purchase_of_a_later_import_moves_the_first_one_back() -> None:
    first = scene.make_sales([scene.make_store()], first=date(2026, 10, 3), last=date(2026, 10, 4))
    take_up_members(now=NOW)
    SalesImport.objects.filter(pk=first.pk).update(effect_number=2)
    StoreDay.objects.filter(date=date(2026, 10, 3)).update(date=date(2026, 9, 1))
    assert take_up_members(now=NOW) == 0
    assert Member.objects.get().first_bought_on == date(2026, 9, 1)


def test_lines_that_do_not_count_make_no_member() -> None:
    scene.make_sales([scene.make_store()], first=date(2026, 10, 3), last=date(2026, 10, 4))
    StoreDay.objects.update(is_active=False)
    assert take_up_members(now=NOW) == 0


def test_night_takes_up_members_once_a_day() -> None:
    scene.make_sales([scene.make_store()], first=date(2026, 10, 3), last=date(2026, 10, 4))
    for _ in range(2):
        nightly_job("take_up_members", now=NOW)
    assert Job.objects.filter(kind="take_up_members").count() == 1
    run_pending()
    assert Member.objects.count() == 1


def test_member_is_linked_by_card_before_the_night_too(cs: User) -> None:
    card = MemberCard.objects.create(number=scene.CARD)
    follower = make_follower()
    member = link_member(follower=follower, number=f" {scene.CARD} ", by=cs, now=NOW)
    follower.refresh_from_db()
    assert (member.card, follower.member) == (card, member)
    unlink_member(follower=follower, by=cs, now=NOW)
    follower.refresh_from_db()
    assert follower.member is None


def test_unknown_card_and_no_card_are_refused(cs: User) -> None:
    with pytest.raises(NotThere, match="没有这个卡号的会员"):
        member_by_card(number="6222000000000000", now=NOW)
    with pytest.raises(Invalid, match="请填会员卡号"):
        member_by_card(number=" ", now=NOW)


def test_first_purchase_is_kept_of_a_member_whom_somebody_else_makes_at_once() -> None:
    scene.make_sales([scene.make_store()], first=date(2026, 10, 3), last=date(2026, 10, 9))
    card, came = MemberCard.objects.get(number_hash=keyed_hash(scene.CARD)), list[str]()

    def links_him_by_hand(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if not came and sql.startswith("SELECT") and '"first_bought_on"' in sql:
            came.append(sql)
            Member.objects.create(card=card, created_at=NOW)
        return done

    with connection.execute_wrapper(links_him_by_hand):
        take_up_members(now=NOW)
    assert Member.objects.get().first_bought_on == date(2026, 10, 3)

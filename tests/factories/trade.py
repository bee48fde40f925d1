"""Stores, their sales, campaigns and what else a month is made of, straight into the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Tenure, User
from accounts.roles import TEAM
from campaigns.cards import card_ids
from campaigns.models import (
    CalendarDay,
    Campaign,
    MemberCard,
    Participation,
    SaleLine,
    SalesImport,
    Store,
    StoreDay,
)
from campaigns.seeding import replace_years
from content.models import Article, Manuscript
from haitang.kernel.money import fen
from haitang.policy.services import publish_policy
from incentives.models import KpiEvent, ReserveExpense
from tests.factories.people import make_tenure, make_user

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sold:
    """A sale line: margin is amount − cost, in yuan."""

    margin: str
    receipt: str = "R1"
    item: str = "I1"
    quantity: str = "1"
    amount: str = ""
    card: str = ""


def plain_calendar(*years: int, holidays: Iterable[date] = (), makeup: Iterable[date] = ()) -> None:
    """Make these years known, with nothing in them but what is given."""
    kinds = dict.fromkeys(holidays, CalendarDay.Kind.HOLIDAY)
    kinds |= dict.fromkeys(makeup, CalendarDay.Kind.MAKEUP_WORKDAY)
    replace_years(kinds, years=years, source="测试")


def make_store(code: str = "S01", opened_on: date = date(2015, 1, 1), **fields: Any) -> Store:
    return Store.objects.create(code=code, name=f"{code} 店", opened_on=opened_on, **fields)


def make_card(number: str) -> MemberCard:
    return MemberCard.objects.get(pk=card_ids([number])[number])


def sell(store: Store, day: date | str, *lines: Sold | str) -> StoreDay:
    """One active store-day with these lines (a bare amount: one line of that margin)."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    sales_import, _ = SalesImport.objects.get_or_create(
        digest="tests",
        defaults={
            "file_name": "测试.csv",
            "source": "标准",
            "state": SalesImport.State.DONE,
            "created_at": NOW,
        },
    )
    sold = [Sold(each) if isinstance(each, str) else each for each in lines]
    rows = [_line(number, each) for number, each in enumerate(sold, 2)]
    store_day = StoreDay.objects.create(
        sales_import=sales_import,
        store=store,
        date=day,
        is_active=True,
        lines=len(rows),
        customers=len({row.receipt for row in rows if row.quantity_milli > 0}),
        units_milli=sum(row.quantity_milli for row in rows),
        amount_fen=sum(row.amount_fen for row in rows),
        cost_fen=sum(row.cost_fen for row in rows),
    )
    for row in rows:
        row.store_day = store_day
    SaleLine.objects.bulk_create(rows)
    return store_day


def _line(number: int, sold: Sold) -> SaleLine:
    amount = fen(sold.amount or sold.margin)
    return SaleLine(
        line_no=number,
        receipt=sold.receipt,
        item=sold.item,
        quantity_milli=int(Decimal(sold.quantity) * 1000),
        amount_fen=amount,
        cost_fen=amount - fen(sold.margin),
        card=make_card(sold.card) if sold.card else None,
    )


def sell_days(store: Store, margins: Mapping[str, str]) -> None:
    """A line of that margin on each day."""
    for day, margin in margins.items():
        sell(store, day, margin)


def make_article(code: str = "A1", category: str = "other", **fields: Any) -> Article:
    """An article of 5 October 2026 that is not assessed."""
    values = {"title": code, "published_on": date(2026, 10, 5), **fields}
    return Article.objects.create(code=code, category=category, **values)


def make_campaign(
    code: str = "C1", *, stores: Sequence[Store] | None, cards: Iterable[str] = (), **fields: Any
) -> Campaign:
    """A completed small manufacturer campaign of Wednesday 21 October 2026, with an article.

    ``stores`` None: every store open on the first day.
    """
    start = fields.get("start", date(2026, 10, 21))
    values = {
        "title": code,
        "scale": "small",
        "kind": "manufacturer",
        "start": start,
        "end": start,
        "status": "completed",
        "all_stores": stores is None,
        **fields,
    }
    if "article" not in values:
        values["article"] = Article.objects.filter(code="A1").first() or make_article()
    campaign = Campaign.objects.create(code=code, **values)
    campaign.stores.set(stores or [])
    for number in cards:
        Participation.objects.create(campaign=campaign, card=make_card(number))
    return campaign


def make_team(**roles: str) -> dict[str, User]:
    """Every role of the team held since 2018 by one person, named like the role by default."""
    people = {}
    for role in TEAM:
        user = make_user(username=roles.get(role.value, role.value))
        make_tenure(user=user, role=role)
        people[role.value] = user
    return people


def make_event(rule: str, quantity: str = "1", month: str = "2026-10", **fields: Any) -> KpiEvent:
    """A confirmed event."""
    number = KpiEvent.objects.count()
    return KpiEvent.objects.create(
        month=month,
        rule=rule,
        quantity=quantity,
        key=f"test:{number}",
        recorded_at=NOW,
        **{"state": KpiEvent.State.CONFIRMED, **fields},
    )


def make_manuscript(code: str, adopted_on: date | None, kind: str = "employee") -> Manuscript:
    return Manuscript.objects.create(code=code, title=code, author_kind=kind, adopted_on=adopted_on)


def make_expense(day: date, amount: str, kind: str = "team") -> ReserveExpense:
    number = ReserveExpense.objects.count()
    return ReserveExpense.objects.create(
        date=day, kind=kind, amount=Decimal(amount), key=f"test:{number}", recorded_at=NOW
    )


def publish(options: Mapping[str, object] | None = None, **fields: Any) -> None:
    """Publish a policy with these options and fields over the default."""
    document = {"code": "test", **fields, "options": dict(options or {})}
    publish_policy(document=document, by=None, now=NOW)


def end_tenure(user: User, on: date) -> None:
    Tenure.objects.filter(user=user).update(valid_to=on)

"""A small chain for the pages: two stores, a quarter of sales, a completed campaign, an article."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.roles import TEAM
from campaigns.models import (
    CalendarDay,
    CalendarYear,
    Campaign,
    MemberCard,
    SaleLine,
    SalesImport,
    Store,
    StoreDay,
)
from content.models import Article
from haitang.kernel.clock import SHANGHAI
from incentives.models import KpiEvent
from tests.factories.people import make_holder

EVENT = date(2026, 10, 17)
MOMENT = datetime(2026, 11, 3, 10, 0, tzinfo=SHANGHAI)
FIRST, LAST = date(2026, 8, 1), date(2026, 10, 31)
# By hand, from 19, 12 and 5 September (10 October is a make-up workday, 3 October and 26
# September are holidays): S01 991.80 − (334.20 + 321.60 + 309.00) ÷ 3 = 670.20;
# S02 1,171.80 − (394.20 + 381.60 + 369.00) ÷ 3 = 790.20.
UPLIFT, POOL = Decimal("1460.40"), Decimal("292.08")
CARD = "6222000012345678"


def make_store(code: str = "S01", name: str = "解放路店") -> Store:
    """A store open since 2015."""
    return Store.objects.create(code=code, name=name, opened_on=date(2015, 1, 1))


def make_import(
    *, name: str = "十月销售.csv", state: str = "done", **fields: object
) -> SalesImport:
    """A sales import as it stands in the list."""
    return SalesImport.objects.create(
        file_name=name,
        digest=name,
        source="标准",
        state=state,
        created_at=MOMENT,
        **fields,
    )


def make_campaign(
    code: str = "C1", *, stores: list[Store] | None = None, **fields: object
) -> Campaign:
    """A medium weekend campaign of one day."""
    values: dict[str, object] = {
        "title": f"感恩周末 {code}",
        "scale": "medium",
        "kind": "weekend",
        "start": EVENT,
        "end": EVENT,
        "status": "completed",
        **fields,
    }
    campaign = Campaign.objects.create(code=code, **values)
    campaign.stores.set(stores or [])
    return campaign


def make_sales(stores: list[Store], *, first: date = FIRST, last: date = LAST) -> SalesImport:
    """Every store sells two lines a day; on the campaign's day three times as much."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    sales = make_import(
        effect_number=1,
        first_date=first,
        last_date=last,
        store_days=len(days) * len(stores),
        lines_read=2 * len(days) * len(stores),
        lines_accepted=2 * len(days) * len(stores),
        effective_at=MOMENT,
    )
    card = MemberCard.objects.create(number=CARD)
    kept = StoreDay.objects.bulk_create(
        _store_day(sales, store, day, index) for index, store in enumerate(stores) for day in days
    )
    SaleLine.objects.bulk_create(
        SaleLine(
            store_day=row,
            line_no=2 * number + line + 2,
            receipt=f"{row.date:%m%d}-{line}",
            item=f"A{line}",
            quantity_milli=row.units_milli // 2,
            amount_fen=row.amount_fen // 2,
            cost_fen=row.cost_fen // 2,
            card=card if line else None,
        )
        for number, row in enumerate(kept)
        for line in range(2)
    )
    return sales


def _store_day(sales: SalesImport, store: Store, day: date, index: int) -> StoreDay:
    amount = (100_000 + 20_000 * index + 600 * day.day) * (3 if day == EVENT else 1)
    return StoreDay(
        sales_import=sales,
        store=store,
        date=day,
        is_active=True,
        lines=2,
        customers=2,
        units_milli=8_000,
        amount_fen=amount,
        cost_fen=amount * 7 // 10 // 2 * 2,
    )


def make_calendar() -> None:
    """2026 around the National Day: 3 October is a holiday, 10 October a make-up workday."""
    CalendarYear.objects.get_or_create(year=2026, defaults={"source": "test"})
    for day, kind in ((date(2026, 10, 3), "holiday"), (date(2026, 10, 10), "makeup_workday")):
        CalendarDay.objects.update_or_create(date=day, defaults={"kind": kind})


def make_chain() -> Campaign:
    """Stores S01 and S02 with sales, the completed campaign C1 with its article."""
    make_calendar()
    stores = [make_store(), make_store("S02", "中山店")]
    make_sales(stores)
    article = Article.objects.create(
        code="A1", title="秋季养生", category="campaign", published_on=EVENT, reads=9000
    )
    return make_campaign(stores=stores, article=article)


def make_event(rule: str, quantity: str, *, month: str = "2026-10") -> KpiEvent:
    """A confirmed deduction event."""
    return KpiEvent.objects.create(
        month=month,
        rule=rule,
        quantity=quantity,
        state="confirmed",
        key=f"{month} {rule} {quantity}",
        recorded_at=MOMENT,
    )


def make_team() -> None:
    """One holder for each of the seven roles that share the pool."""
    for role in TEAM:
        make_holder(role, username=f"team_{role.value}", name=str(role.label))

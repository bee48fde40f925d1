"""A chain of any size in the database, as imports, calculations and people leave it.

``make_scene`` writes rows straight (bulk inserts and SQL), calculates uplift and months by the
product's own services, and says which objects the pages can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.models import Tenure, User
from accounts.roles import Role
from campaigns.cards import card_ids
from campaigns.models import (
    BadRow,
    CalendarYear,
    Campaign,
    SaleLine,
    SalesImport,
    Store,
    StoreDay,
)
from campaigns.services import compute_uplift
from content.models import Article
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.models import AuditEntry, AuditStream
from haitang.policy.services import publish_policy
from incentives.calculation.services import calculate_month
from incentives.models import KpiEvent

# Those who log in; together they hold the posts that the workbench has work for.
PEOPLE = ("甲", "乙", "丙", "丁")
PASSWORD = "bench-of-the-pages"  # noqa: S105  (of a database that lives for minutes)
SHARED = (Role.SUPERVISOR, Role.PLANNER, Role.COPY, Role.IT)
ALONE = (Role.ART, Role.OPS, Role.CS, Role.GENERAL_MANAGER, Role.FINANCE)
SINCE = date(2015, 1, 1)
ITEMS = ["P1", "P2", "P3"]
DAYS_AN_IMPORT = 10
CARDS = 2_000
BATCH = 5_000


@dataclass(frozen=True)
class Scale:
    """How large the chain is. Its sale lines are stores × days × ``lines_a_day``."""

    stores: int = 200
    days: int = 500
    lines_a_day: int = 20
    campaigns: int = 400
    campaign_stores: int = 40
    busiest_day: int = 600
    audit_entries: int = 12_000
    bad_rows: int = 5_000
    people: int = 60

    @property
    def lines(self) -> int:
        """Sale lines, the busiest store-day's own aside."""
        return self.stores * self.days * self.lines_a_day

    def of_lines(self, lines: int) -> Scale:
        """The same kind of chain with about that many sale lines: fewer stores, fewer lines."""
        if lines >= self.lines:
            return self
        lines_a_day = max(1, min(self.lines_a_day, lines // 120))
        days = max(40, min(self.days, lines // (10 * lines_a_day)))
        stores = max(3, min(self.stores, lines // (days * lines_a_day)))
        share = max(1, round(self.lines / max(lines, 1)))
        return Scale(
            stores=stores,
            days=days,
            lines_a_day=lines_a_day,
            campaigns=max(30, self.campaigns // share),
            campaign_stores=max(1, min(self.campaign_stores, stores // 2)),
            busiest_day=max(60, self.busiest_day // share),
            audit_entries=max(120, self.audit_entries // share),
            bad_rows=max(30, self.bad_rows // share),
            people=max(30, self.people // share),
        )


@dataclass(frozen=True)
class Scene:
    """What the pages are asked for."""

    campaign: str
    month: Month
    store: str
    day: date
    sales_import: int
    person: int


def make_scene(scale: Scale, *, now: datetime) -> Scene:
    """Fill an empty, migrated database; the last sales are of the day before ``now``."""
    last = business_day(now) - timedelta(days=1)
    first = last - timedelta(days=scale.days - 1)
    publish_policy(document={"code": "bench"}, by=None, now=now)
    _know_years(first, last)
    _make_people(scale.people)
    stores = _make_stores(scale.stores)
    imports = _make_imports(scale, first, now)
    busiest = _make_sales(scale, stores, imports, first)
    campaign = _make_campaigns(scale, stores, last)
    _gather_statistics()  # or PostgreSQL calculates with the plans of an empty database
    _calculate(first, last, now)
    _make_audit(scale.audit_entries, now)
    _gather_statistics()
    return Scene(
        campaign=campaign.code,
        month=Month.of(campaign.end),
        store=busiest.store.code,
        day=busiest.date,
        sales_import=imports[-1].pk,
        person=User.objects.order_by("pk")[0].pk,
    )


def _know_years(first: date, last: date) -> None:
    """Years that nobody has announced yet have no holidays here."""
    for year in range(first.year - 1, last.year + 2):
        CalendarYear.objects.get_or_create(year=year, defaults={"source": "bench"})


def _make_people(number: int) -> None:
    first = User(username=PEOPLE[0])
    first.set_password(PASSWORD)
    names = [*PEOPLE, *(f"p{n:03d}" for n in range(number - len(PEOPLE)))]
    people = User.objects.bulk_create(
        User(
            username=name,
            name=f"员工{name}",
            password=first.password,
            is_superuser=name in PEOPLE,
            is_staff=name in PEOPLE,
        )
        for name in names
    )
    sharing, others = people[: len(PEOPLE)], people[len(PEOPLE) :]
    rows = [(user, role, f"1/{len(PEOPLE)}", "") for user in sharing for role in SHARED]
    rows += [(user, role, "1", "") for user, role in zip(others, ALONE, strict=False)]
    rows += [
        (user, Role.STORE_MANAGER, "1", f"S{n:03d}")
        for n, user in enumerate(others[len(ALONE) :], 1)
    ]
    Tenure.objects.bulk_create(
        Tenure(user=user, role=role, share=share, store_code=store, valid_from=SINCE)
        for user, role, share, store in rows
    )


def _make_stores(number: int) -> list[Store]:
    return Store.objects.bulk_create(
        Store(code=f"S{n:03d}", name=f"海棠药堂·{n} 号店", opened_on=SINCE)
        for n in range(1, number + 1)
    )


def _make_imports(scale: Scale, first: date, now: datetime) -> list[SalesImport]:
    """A file for every ten days; the last one has bad rows."""
    rows = []
    for index, start in enumerate(range(0, scale.days, DAYS_AN_IMPORT)):
        days = min(DAYS_AN_IMPORT, scale.days - start)
        lines = days * scale.stores * scale.lines_a_day
        begins = first + timedelta(days=start)
        rows.append(
            SalesImport(
                file_name=f"销售-{begins}.csv",
                digest=f"{index}",
                source="标准",
                state=SalesImport.State.DONE,
                effect_number=index + 1,
                lines_read=lines,
                lines_accepted=lines,
                store_days=days * scale.stores,
                first_date=begins,
                last_date=begins + timedelta(days=days - 1),
                created_at=now - timedelta(days=scale.days - start),
                effective_at=now - timedelta(days=scale.days - start),
            )
        )
    rows[-1].lines_refused = scale.bad_rows
    made = SalesImport.objects.bulk_create(rows)
    BadRow.objects.bulk_create(
        (
            BadRow(
                sales_import=made[-1],
                line_no=number * 7 + 2,
                column="金额",
                value=f"{number}.5元",
                reason="不是数字：请写成 12.50 这样的金额。",
            )
            for number in range(scale.bad_rows)
        ),
        batch_size=BATCH,
    )
    return made


def _make_sales(
    scale: Scale, stores: list[Store], imports: list[SalesImport], first: date
) -> StoreDay:
    """Every store sells on every day; the first store sells much more on the last one."""
    StoreDay.objects.bulk_create(
        (
            StoreDay(
                sales_import=imports[day // DAYS_AN_IMPORT],
                store=store,
                date=first + timedelta(days=day),
                is_active=True,
                lines=scale.lines_a_day,
                customers=scale.lines_a_day // 2 + 1,
                units_milli=1_000 * scale.lines_a_day,
                amount_fen=500_000 + store.pk * 7 + day % 30 * 900,
                cost_fen=300_000,
            )
            for day in range(scale.days)
            for store in stores
        ),
        batch_size=BATCH,
    )
    busiest = StoreDay.objects.select_related("store").order_by("-date", "store__code")[0]
    busiest.lines = scale.busiest_day
    busiest.save(update_fields=["lines"])
    cards = sorted(card_ids([str(60_000_000 + n) for n in range(CARDS)]).values())
    for lines in {scale.lines_a_day, scale.busiest_day}:
        _make_lines(lines, first_card=cards[0])
    return busiest


def _make_lines(number: int, *, first_card: int) -> None:
    """The lines of all store-days that have that many; two in five name a member card."""
    lines, days = SaleLine._meta.db_table, StoreDay._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {lines} (store_day_id, line_no, receipt, item, quantity_milli,"
            " amount_fen, cost_fen, card_id) WITH RECURSIVE n(i) AS"
            " (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %s - 1)"
            " SELECT d.id, n.i, 'R' || (n.i / 3), 'P' || ((d.id * 7 + n.i * 13) %% 500), 1000,"
            " 20000 + n.i, 12000,"
            f" CASE WHEN n.i %% 5 < 2 THEN %s + (d.id * 3 + n.i) %% {CARDS} END"
            f" FROM {days} d, n WHERE d.lines = %s",
            [number, first_card, number],
        )


def _make_campaigns(scale: Scale, stores: list[Store], last: date) -> Campaign:
    """A month holds one of the whole chain, seven of many stores and small ones; the largest."""
    articles = Article.objects.bulk_create(
        Article(
            code=f"A{n:04d}",
            title=f"第 {n} 篇推文",
            category="campaign" if n % 3 else "welfare",
            published_on=last - timedelta(days=n * scale.days // scale.campaigns),
            reads=6_000 + n if n % 9 else None,
        )
        for n in range(scale.campaigns)
    )
    rows = [_campaign(scale, n, articles[n], last) for n in range(scale.campaigns)]
    made = Campaign.objects.bulk_create(rows)
    through = Campaign.stores.through
    through.objects.bulk_create(
        through(campaign_id=row.pk, store_id=stores[(n * 7 + k) % len(stores)].pk)
        for n, row in enumerate(made)
        if not row.all_stores
        for k in range(scale.campaign_stores if row.scale == "medium" else 1)
    )
    return next(row for row in made[24:] if row.all_stores)


def _campaign(scale: Scale, number: int, article: Article, last: date) -> Campaign:
    size = "large" if number % 24 == 0 else "medium" if number % 24 < 8 else "small"
    length = {"large": 5, "medium": 2, "small": 1}[size]
    end = last - timedelta(days=number * scale.days // scale.campaigns)
    return Campaign(
        code=f"C{number:04d}",
        title=f"第 {number} 场活动",
        scale=size,
        kind=("weekend", "member_day", "manufacturer")[number % 3],
        start=end - timedelta(days=length - 1),
        end=end,
        status="running" if number < 12 else "completed",
        all_stores=size == "large",
        focus_items=ITEMS if size != "small" else [],
        article=None if number % 29 == 13 else article,
    )


def _calculate(first: date, last: date, now: datetime) -> None:
    """Every campaign's uplift; every month once, the last three twice."""
    compute_uplift(now=now, codes=list(Campaign.objects.values_list("code", flat=True)))
    months = list(Month.of(first).through(Month.of(last)))
    for month in months:
        calculate_month(month=month, by=None, now=now)
    for month in months[-3:]:
        KpiEvent.objects.create(
            month=str(month),
            rule="copy.content_invalid",
            quantity="1",
            state=KpiEvent.State.PROPOSED,
            key=f"bench {month}",
            recorded_at=now,
        )
        KpiEvent.objects.create(
            month=str(month),
            rule="supervisor.assessment",
            quantity="2",
            state=KpiEvent.State.CONFIRMED,
            key=f"bench {month} confirmed",
            recorded_at=now,
        )
        calculate_month(month=month, by=None, now=now)


def _make_audit(number: int, now: datetime) -> None:
    """A whole chain of entries, as ``audit.record`` would write them one by one."""
    people = list(User.objects.order_by("pk")[:20])
    entries, previous = [], ""
    for count in range(1, number + 1):
        by = people[count % len(people)]
        entry = AuditEntry(
            stream="bench",
            number=count,
            at=now - timedelta(minutes=3 * (number - count)),
            actor=by,
            actor_name=str(by),
            act=("import", "change_store", "add_tenure")[count % 3],
            object_type=("campaigns.salesimport", "campaigns.store", "accounts.tenure")[count % 3],
            object_id=str(count % 97),
            object_name=f"第 {count} 个对象",
            details={"before": {"name": f"旧 {count}"}, "after": {"name": f"新 {count}"}},
            previous_hash=previous,
        )
        entry.hash = previous = audit.entry_hash(entry)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries, batch_size=BATCH)
    AuditStream.objects.create(name="bench", number=number, hash=previous)


def _gather_statistics() -> None:
    """As the databases do by themselves in time."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")

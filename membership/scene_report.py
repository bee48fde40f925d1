"""What the codes brought: scans, new followers and those who stayed, by store, campaign and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from haitang.kernel.clock import SHANGHAI, days_between
from membership.models import Follower, FollowerChange, SceneCode

Kind = FollowerChange.Kind
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Span:
    """Days of a report, both included (Asia/Shanghai)."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time.min, SHANGHAI)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time.min, SHANGHAI)


@dataclass
class Brought:
    """One code's figures.

    ``scans`` counts every scan, ``new`` the people who followed for the first time by it,
    ``back`` those who returned, ``kept`` the new ones who follow today.
    """

    code: SceneCode
    scans: int = 0
    new: int = 0
    back: int = 0
    kept: int = 0


@dataclass
class Report:
    """A span's figures: by code, in sum and by day (scans, new followers)."""

    rows: list[Brought]
    days: list[tuple[date, int, int]] = field(default_factory=list)

    @property
    def scans(self) -> int:
        return sum(row.scans for row in self.rows)

    @property
    def new(self) -> int:
        return sum(row.new for row in self.rows)

    @property
    def kept(self) -> int:
        return sum(row.kept for row in self.rows)

    @property
    def back(self) -> int:
        return sum(row.back for row in self.rows)


def codes_seen(stores: frozenset[str] | None) -> QuerySet[SceneCode]:
    """The codes that a person may see; ``stores`` as people are held to them."""
    found = SceneCode.objects.select_related("store", "campaign").order_by(
        "store__code", "campaign__start", "pk"
    )
    return found if stores is None else found.filter(store__code__in=stores)


def report(span: Span, *, stores: frozenset[str] | None, code: int | None = None) -> Report:
    """Codes in use or with something brought in the span, by store and campaign. Four queries."""
    codes = codes_seen(stores)
    if code is not None:
        codes = codes.filter(pk=code)
    rows = {each.pk: Brought(each) for each in codes}
    changes = FollowerChange.objects.filter(
        scene__in=rows, at__gte=span.begin, at__lt=span.end
    ).order_by()
    counted = changes.values("scene").annotate(
        scans=Count("pk"),
        new=Count("pk", filter=Q(kind=Kind.FOLLOW)),
        back=Count("pk", filter=Q(kind=Kind.RETURN)),
        kept=Count("pk", filter=Q(kind=Kind.FOLLOW, follower__state=Follower.State.FOLLOWING)),
    )
    for each in counted:
        row = rows[each["scene"]]
        row.scans, row.new = each["scans"], each["new"]
        row.back, row.kept = each["back"], each["kept"]
    shown = [row for row in rows.values() if row.scans or row.code.retired_at is None]
    return Report(shown, _days(changes, span))


def _days(changes: QuerySet[FollowerChange], span: Span) -> list[tuple[date, int, int]]:
    by_day: dict[date, tuple[int, int]] = defaultdict(lambda: (0, 0))
    counted = changes.annotate(day=TruncDate("at", tzinfo=SHANGHAI)).values("day")
    for each in counted.annotate(scans=Count("pk"), new=Count("pk", filter=Q(kind=Kind.FOLLOW))):
        by_day[each["day"]] = (each["scans"], each["new"])
    return [(day, *by_day[day]) for day in days_between(span.first, span.last)]


def chart(days: Iterable[tuple[date, int, int]]) -> dict[str, object]:
    """Scans and new followers by day, as static/js/charts.js draws them. Pure."""
    shown = list(days)
    return {
        "unit": " 次",
        "categories": [f"{day.month}-{day.day}" for day, _, _ in shown],
        "series": [
            {"name": "扫码", "tone": "share-7", "values": [scans for _, scans, _ in shown]},
            {"name": "新关注", "tone": "accent", "values": [new for _, _, new in shown]},
        ],
    }

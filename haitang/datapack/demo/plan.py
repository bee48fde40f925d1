"""The fourteen campaigns: each scale with each kind, one cancelled, one planned, one a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

from campaigns.calendar import is_weekend
from haitang.datapack.demo.span import MEMBER_DAYS, Span
from haitang.kernel.clock import days_between

Status = Literal["completed", "cancelled", "planned"]

# What a pharmacy's year is about, by calendar month.
THEMES = (
    "暖冬进补",
    "新春送健康",
    "春季养肝护肝",
    "换季抗敏",
    "关爱家人健康",
    "端午艾香祛湿",
    "三伏养生",
    "暑期家庭小药箱",
    "金秋润肺",
    "重阳敬老",
    "膏方滋补节",
    "冬季呼吸道防护",
)
KIND_NAMES = {"weekend": "周末惠", "member_day": "会员日", "manufacturer": "厂家专场"}


@dataclass(frozen=True)
class Slot:
    """A campaign before it has dates: months before the last one, the day it should start, …

    ``lift`` multiplies the customers of its days; ``discount`` is the price of a focus item as a
    share of the ordinary one.
    """

    months_back: int
    scale: str
    kind: str
    start: int
    days: int
    stores: str
    focus: str
    lift: float
    discount: float
    status: Status = "completed"
    theme: str = ""


@dataclass(frozen=True)
class Campaign:
    """A row of campaigns.csv with what it does to sales."""

    code: str
    title: str
    scale: str
    kind: str
    days: tuple[date, ...]
    stores: str
    focus: tuple[str, ...]
    status: Status
    lift: float
    discount: float

    @property
    def start(self) -> date:
        return self.days[0]

    @property
    def end(self) -> date:
        return self.days[-1]

    def takes_part(self, store: str) -> bool:
        return self.stores == "*" or store in self.stores.split(";")


# The failure gives its focus items away below cost and draws hardly anybody.
# The one four months back stays with two problems (see FORGOTTEN_STORE and office.articles).
SLOTS = (
    Slot(12, "small", "weekend", 12, 1, "H03", "100006;100007;500011", 1.9, 0.88),
    Slot(10, "small", "member_day", 18, 1, "H05", "500005;500006;500002", 1.5, 0.9),
    Slot(9, "small", "manufacturer", 9, 1, "H01", "100001;700005;600004", 2.1, 0.9),
    Slot(8, "medium", "weekend", 16, 1, "H01;H02;H04;H06", "500002;500005;600003", 1.7, 0.9),
    Slot(7, "medium", "manufacturer", 3, 1, "H02;H05;H10;H11", "600002;600006", 1.8, 0.88),
    Slot(6, "medium", "member_day", 28, 1, "H03;H04;H07;H08", "600005;600007;500011", 1.45, 0.9),
    Slot(5, "medium", "manufacturer", 14, 1, "H06;H07;H10", "600003;700001", 0.95, 0.5),
    Slot(4, "medium", "weekend", 10, 2, "H01;H04;H08;H12", "300006;300004;600001", 1.7, 0.9),
    Slot(3, "large", "member_day", 16, 3, "*", "500011;200002;300004", 1.5, 0.92),
    Slot(2, "large", "manufacturer", 14, 3, "*", "700010;300007;600004", 1.55, 0.9),
    Slot(1, "large", "weekend", 8, 2, "*", "800005;200001;700006", 1.5, 0.9, "cancelled"),
    Slot(0, "medium", "member_day", 8, 1, "H02;H03;H05;H10;H12", "100007;500003;500011", 1.5, 0.92),
    Slot(
        0,
        "large",
        "weekend",
        12,
        2,
        "*",
        "600004;500009;600001;500002",
        1.5,
        0.9,
        theme="金秋健康礼遇季",
    ),
    Slot(-1, "small", "weekend", 12, 1, "H06", "500003;600006;700001", 1.0, 1.0, "planned"),
)
# A store that entered no sales on its campaign's day: a problem that somebody has to settle.
FORGOTTEN_STORE = "H08"
TROUBLED_MONTHS_BACK = 4


def _fits(span: Span, slot: Slot, day: date) -> bool:
    """Whether a campaign of that slot may start on that day, holidays avoided."""
    calendar = span.calendar
    days = days_between(day, day + timedelta(days=slot.days - 1))
    if any(calendar.is_holiday(each) for each in days) and slot.kind != "member_day":
        return False
    if slot.kind == "weekend":
        return all(is_weekend(each) and not calendar.is_makeup_workday(each) for each in days)
    if slot.kind == "member_day":
        return days[-1].day in MEMBER_DAYS
    return not any(span.is_rest_day(each) or each.day in MEMBER_DAYS for each in days)


def _title(slot: Slot, month: int) -> str:
    reach = {"small": "单店", "medium": "联店", "large": "全连锁"}[slot.scale]
    return f"{slot.theme or THEMES[month - 1]}·{reach}{KIND_NAMES[slot.kind]}"


def campaigns(span: Span) -> list[Campaign]:
    """All fourteen, in the order of their codes and dates."""
    planned: list[Campaign] = []
    for number, slot in enumerate(SLOTS, start=1):
        month = span.last.plus(-slot.months_back)
        fits = partial(_fits, span, slot)
        first = span.first_day(month, start=slot.start, fits=fits)
        days = tuple(days_between(first, first + timedelta(days=slot.days - 1)))
        planned.append(
            Campaign(
                f"HD{number:02d}",
                _title(slot, month.month),
                slot.scale,
                slot.kind,
                days,
                slot.stores,
                tuple(slot.focus.split(";")),
                slot.status,
                slot.lift,
                slot.discount,
            )
        )
    return planned


def forgotten_days(span: Span, plan: list[Campaign]) -> frozenset[tuple[str, date]]:
    """Store-days of a campaign for which no sales came in."""
    month = span.last.plus(-TROUBLED_MONTHS_BACK)
    return frozenset(
        (FORGOTTEN_STORE, campaign.start) for campaign in plan if campaign.start in month
    )

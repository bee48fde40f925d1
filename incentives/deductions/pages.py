"""What the pages of deductions show: a month's events by role, a person's year. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import Tenure, User
from accounts.roles import TEAM
from campaigns import selectors as campaigns
from haitang.kernel.clock import Month, business_day
from haitang.kernel.money import fixed
from haitang.policy.document import DEFAULT, Policy, parse
from haitang.policy.rulebook import RULES, Rule
from haitang.policy.selectors import policy_for, standing
from incentives import wording
from incentives.calculation.kpi import Event, counts_in, deductions
from incentives.deductions.assessors import Assessors
from incentives.models import KpiDecision, KpiEvent, Objection, Settlement

State, Act = KpiEvent.State, KpiDecision.Act
_DONE = {Act.CONFIRM: "确认", Act.CHANGE: "更改", Act.WAIVE: "免除"}


@dataclass(frozen=True)
class KpiSearch:
    """Filters of a month's events; an empty value narrows nothing."""

    state: str = ""
    role: str = ""
    text: str = ""
    mine: bool = False

    def fits(self, row: EventRow) -> bool:
        event = row.event
        words = f"{event.note} {event.evidence} {row.rule.text}"
        return (
            (not self.state or event.state == self.state)
            and (not self.role or row.rule.role == self.role)
            and (not self.text or self.text in words)
            and (not self.mine or row.is_mine)
        )


@dataclass(frozen=True)
class Stage:
    """One step of an event's state line; ``state`` is done, now or empty."""

    name: str
    said: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class EventRow:
    """An event as a page shows it: what it costs, its way so far, who decides."""

    event: KpiEvent
    rule: Rule
    cut: Fraction
    stages: tuple[Stage, ...]
    decisions: tuple[KpiDecision, ...]
    objections: tuple[Objection, ...]
    waits_for: str
    is_mine: bool

    @property
    def role_name(self) -> str:
        return wording.role_name(self.rule.role)

    @property
    def seen(self) -> str:
        """What the decider saw, so that a decision made meanwhile is not overrun."""
        return f"{self.event.state}:{self.event.quantity}"

    @property
    def is_points(self) -> bool:
        return self.rule.unit == "百分点"


@dataclass(frozen=True)
class RoleRows:
    """A role's rules and events in a month, and what it has lost so far."""

    role: str
    name: str
    holders: str
    rules: tuple[tuple[Rule, Fraction], ...]
    rows: tuple[EventRow, ...]
    cut: Fraction
    annual: Fraction
    pending: int
    is_closed: bool = False  # another's role: what it lost is not shown


@dataclass(frozen=True)
class MonthLine:
    """A month in the list of months."""

    month: Month
    counts: Counter[str] = field(default_factory=Counter)
    objections: int = 0
    state: str = Settlement.State.DRAFT

    @property
    def state_text(self) -> str:
        return str(Settlement.State(self.state).label)


def month_lines(year: int, *, today: date) -> list[MonthLine]:
    """The months of a year with events, data or a settlement, newest first. Five queries."""
    events: dict[str, Counter[str]] = defaultdict(Counter)
    rows = KpiEvent.objects.filter(month__startswith=f"{year:04d}-").order_by()
    for month, state, number in rows.values_list("month", "state").annotate(n=Count("pk")):
        events[month][state] = number
    waiting = Counter(
        Objection.objects.filter(month__startswith=f"{year:04d}-", state="open").values_list(
            "month", flat=True
        )
    )
    states = dict(
        Settlement.objects.filter(month__startswith=f"{year:04d}-").values_list("month", "state")
    )
    names = {*events, *waiting, *states}
    names |= {str(month) for month in campaigns.active_months() if month.year == year}
    if today.year == year:
        names.add(str(Month.of(today)))
    return [
        MonthLine(
            Month.parse(name),
            events[name],
            waiting[name],
            states.get(name, Settlement.State.DRAFT),
        )
        for name in sorted(names, reverse=True)
    ]


def years(*, today: date) -> list[int]:
    """The years with events or data, newest first, this one always among them."""
    found = {
        int(month[:4]) for month in KpiEvent.objects.values_list("month", flat=True).distinct()
    }
    found |= {month.year for month in campaigns.active_months()} | {today.year}
    return sorted(found, reverse=True)


def events_with_history(events: QuerySet[KpiEvent]) -> QuerySet[KpiEvent]:
    """Events with their decisions and objections. Three queries in all."""
    return events.select_related("recorded_by").prefetch_related(
        Prefetch(
            "decisions",
            KpiDecision.objects.select_related("by", "on_behalf_of").order_by("pk"),
        ),
        Prefetch("objections", Objection.objects.select_related("person").order_by("pk")),
    )


def event_rows(
    events: Iterable[KpiEvent], *, who: Assessors, user: User, now: datetime
) -> list[EventRow]:
    """Events of ``events_with_history`` as rows. One query more."""
    known = [event for event in events if event.rule in RULES]
    policies = policies_of(Month.parse(event.month) for event in known)
    found = []
    for event in known:
        month = Month.parse(event.month)
        found.append(_row(event, month, policies[month].rates[event.rule], who, user, now))
    return found


def policies_of(months: Iterable[Month]) -> dict[Month, Policy]:
    """The policy in force in each of these months. One query."""
    kept = list(standing().order_by("-valid_from", "-id"))
    parsed: dict[int | None, Policy] = {None: parse(DEFAULT)}
    found = {}
    for month in set(months):
        version = next((each for each in kept if each.valid_from <= month.first), None)
        key = version.pk if version else None
        if key not in parsed and version:
            parsed[key] = parse(version.document)
        found[month] = parsed[key]
    return found


def role_rows(
    month: Month,
    *,
    shown: Sequence[EventRow],
    mine: Sequence[EventRow],
    open_to: Collection[str] | None = None,
) -> list[RoleRows]:
    """The seven roles with their rules, the events to be shown and what is cut so far.

    ``mine`` are those that stand above because they wait for the person; ``open_to`` are the
    roles whose deductions may be shown (None: all). Three queries.
    """
    policy = policy_for(month)
    holders: dict[str, list[str]] = defaultdict(list)
    tenures = Tenure.objects.touching(month.first, month.last).filter(role__in=TEAM)
    for role, name, username in tenures.order_by("role", "valid_from").values_list(
        "role", "user__name", "user__username"
    ):
        if (name or username) not in holders[role]:
            holders[role].append(name or username)
    counted = _counted(month)
    result = []
    for role in TEAM:
        is_closed = open_to is not None and role.value not in open_to
        events = [] if is_closed else counted
        cut = deductions(role.value, month=month, events=events, policy=policy)
        result.append(
            RoleRows(
                role=role.value,
                name=wording.role_name(role.value),
                holders="、".join(holders[role.value]) or "没有人任职",
                rules=tuple(
                    (rule, policy.rates[rule.code])
                    for rule in RULES.values()
                    if rule.role == role.value
                ),
                rows=tuple(row for row in shown if row.rule.role == role.value),
                cut=cut.monthly,
                annual=cut.annual,
                pending=sum(row.rule.role == role.value for row in mine),
                is_closed=is_closed,
            )
        )
    return result


@dataclass(frozen=True)
class PersonMonth:
    """What a person's roles lost in a month."""

    month: Month
    roles: tuple[tuple[str, Fraction, Fraction], ...]

    @property
    def worst(self) -> Fraction:
        """The largest of the roles' deductions, monthly and annual together, 100% at most."""
        return max((min(Fraction(1), one + two) for _, one, two in self.roles), default=Fraction(0))


def person_year(user: User, year: int, events: Sequence[KpiEvent]) -> list[PersonMonth]:
    """Each month of the year with what the person's roles lost; ``events`` are confirmed ones of
    this year and the one before. Two queries."""
    tenures = list(
        Tenure.objects.touching(date(year, 1, 1), date(year, 12, 31)).filter(
            user=user, role__in=TEAM
        )
    )
    counted = [
        Event(Month.parse(each.month), each.rule, each.quantity)
        for each in events
        if each.rule in RULES
    ]
    policies = policies_of(Month(year, 1).through(Month(year, 12)))
    months = []
    for month in Month(year, 1).through(Month(year, 12)):
        held = {
            each.role
            for each in tenures
            if each.valid_from <= month.last
            and (each.valid_to is None or each.valid_to >= month.first)
        }
        roles = [role.value for role in TEAM if role.value in held]
        if not roles or not any(counts_in(each, month) for each in counted):
            months.append(PersonMonth(month, tuple((r, Fraction(0), Fraction(0)) for r in roles)))
            continue
        policy = policies[month]
        cuts = [(r, deductions(r, month=month, events=counted, policy=policy)) for r in roles]
        months.append(PersonMonth(month, tuple((r, c.monthly, c.annual) for r, c in cuts)))
    return months


def events_of_person(user: User, year: int) -> QuerySet[KpiEvent]:
    """The events of a year and of the year before that concern the person's roles."""
    roles = set(
        Tenure.objects.touching(date(year - 1, 1, 1), date(year, 12, 31))
        .filter(user=user, role__in=TEAM)
        .values_list("role", flat=True)
    )
    rules = [rule.code for rule in RULES.values() if rule.role in roles]
    return KpiEvent.objects.filter(
        Q(month__startswith=f"{year:04d}-") | Q(month__startswith=f"{year - 1:04d}-"),
        rule__in=rules,
    ).order_by("-month", "rule", "pk")


def year_chart(months: Sequence[PersonMonth]) -> dict[str, Any]:
    """The months as bars, in percent of the coefficient."""
    return {
        "categories": [f"{each.month.month}月" for each in months],
        "series": [
            {
                "name": "扣减",
                "tone": "accent",
                "values": [fixed(each.worst * 100, 2) for each in months],
            }
        ],
        "unit": "%",
    }


def _counted(month: Month) -> list[Event]:
    rows = KpiEvent.objects.filter(
        Q(month=str(month)) | Q(month__startswith=f"{month.year - 1:04d}-"),
        state=State.CONFIRMED,
    )
    return [
        Event(Month.parse(when), rule, quantity)
        for when, rule, quantity in rows.values_list("month", "rule", "quantity")
        if rule in RULES
    ]


def _row(
    event: KpiEvent, month: Month, rate: Fraction, who: Assessors, user: User, now: datetime
) -> EventRow:
    decisions = tuple(event.decisions.all())
    waits_for = who.names(event.rule, month) if event.state == State.PROPOSED else ""
    return EventRow(
        event=event,
        rule=RULES[event.rule],
        cut=min(Fraction(1), event.quantity * rate),
        stages=tuple(_stages(event, decisions, waits_for, now)),
        decisions=decisions,
        objections=tuple(event.objections.all()),
        waits_for=waits_for,
        is_mine=who.of_rule(event.rule, month, user.pk) is not None,
    )


def _stages(
    event: KpiEvent, decisions: Sequence[KpiDecision], waits_for: str, now: datetime
) -> list[Stage]:
    """Proposed, then each decision; last what it waits for."""
    whose = str(event.recorded_by) if event.recorded_by else ""
    source = whose or event.get_source_display()
    stages = [Stage("提出", source, "done", event.recorded_at)]
    for each in decisions:
        if each.act == Act.PROPOSE:
            continue
        by = str(each.by) if each.by else "系统"
        said = f"{by} 代 {each.on_behalf_of}" if each.on_behalf_of else by
        stages.append(Stage(_DONE[Act(each.act)], said, "done", each.at))
    if event.state == State.PROPOSED:
        days = (business_day(now) - business_day(event.recorded_at)).days
        waited = f"，已 {days} 天" if days else ""
        stages.append(Stage("待确认", f"等{waits_for}{waited}", "now"))
    elif not any(each.act != Act.PROPOSE for each in decisions):
        stages.append(Stage("确认", "随数据包载入", "done", event.confirmed_at))
    return stages

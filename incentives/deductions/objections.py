"""Objections: a person objects in writing to a line of the own payslip, the assessor answers.

A line is named as the payslip does: ``event:12`` a deduction, ``share``, ``shortfall`` or
``uplift`` (with several roles ``share:copy`` says which). docs/rules.md §9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Tenure, User
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import day_text, month_text
from haitang.kernel.errors import Conflict, Invalid, NotAllowed, NotThere
from haitang.kernel.notices import notify
from haitang.kernel.prepared import prepared
from haitang.kernel.texts import written
from haitang.policy.rulebook import RULES
from incentives import wording
from incentives.calculation.kpi import Event, counts_in
from incentives.deductions.assessors import Assessors, Authority, assessors, roles_in
from incentives.deductions.deadlines import calendar_from, deadline
from incentives.deductions.deducting import STREAM, change_event, state_of, waive_event
from incentives.models import KpiDecision, KpiEvent, Objection, Settlement, SettlementRun

Answer = Literal["keep", "change", "waive"]
LONGEST = 1000
PLAIN_LINES = {"share": "岗位的份额", "shortfall": "阅读量扣减", "uplift": "毛利增加值"}
BEFORE_APPROVAL = (
    Settlement.State.DRAFT,
    Settlement.State.CALCULATED,
    Settlement.State.SUBMITTED,
)
State = Objection.State


@dataclass(frozen=True)
class Line:
    """A line of a payslip: whose role it is about, the deduction, since when it can be seen."""

    name: str
    role: str
    event: KpiEvent | None
    shown_at: datetime

    @property
    def text(self) -> str:
        """The line in words."""
        role = wording.role_name(self.role)
        if self.event:
            return f"{role}：{RULES[self.event.rule].text}"
        return f"{role}：{PLAIN_LINES[self.name.partition(':')[0]]}"


def find_line(*, month: Month, person: User, line: str) -> Line:
    """The line of the person's own payslip. NotThere for one that is nobody's or another's."""
    kind, _, rest = line.partition(":")
    roles = roles_in(month, person)
    if kind == "event" and rest.isdecimal() and len(rest) < 16:
        event = KpiEvent.objects.filter(pk=int(rest), state=KpiEvent.State.CONFIRMED).first()
        if event and event.confirmed_at and _counts(event, month):
            role = RULES[event.rule].role
            if role in roles:
                return Line(line, role, event, event.confirmed_at)
    elif kind in PLAIN_LINES and roles and (not rest or rest in roles):
        run = SettlementRun.objects.filter(month=str(month)).order_by("-number")
        shown_at = run.values_list("calculated_at", flat=True).first()
        if shown_at:
            return Line(line, rest or roles[0], None, shown_at)
    raise NotThere(f"您的{month_text(month)}明细里没有这一行：请从自己的考核页或明细里选。")


def refusal_to_raise(line: Line, *, month: Month, person: User, now: datetime) -> str:
    """Why the person cannot object to the line now, as a sentence; empty when he can."""
    earlier = Objection.objects.filter(month=str(month), person=person, line=line.name)
    until = deadline(line.shown_at, calendar_from(line.shown_at))
    standing = state_of(month)
    return _refusal(month, standing, line.shown_at, earlier, until=until, now=now)


def open_to_objection(
    lines: Mapping[tuple[Month, str], datetime], *, person: User, now: datetime
) -> dict[tuple[Month, str], date]:
    """Which of the person's own lines he can object to now, and until which day.

    ``lines`` names them by month and line, with the moment since when each can be seen. Four
    queries at most.
    """
    if not lines:
        return {}
    months = {str(month) for month, _ in lines}
    standing = dict(Settlement.objects.filter(month__in=months).values_list("month", "state"))
    earlier: dict[tuple[str, str], list[Objection]] = {}
    for each in Objection.objects.filter(month__in=months, person=person):
        earlier.setdefault((each.month, each.line), []).append(each)
    calendar = calendar_from(min(lines.values()), max(lines.values()))
    found = {}
    for (month, line), shown_at in lines.items():
        until = deadline(shown_at, calendar)
        state = standing.get(str(month), Settlement.State.DRAFT)
        before = earlier.get((str(month), line), [])
        if not _refusal(month, state, shown_at, before, until=until, now=now):
            found[month, line] = until
    return found


def _refusal(
    month: Month,
    standing: str,
    shown_at: datetime,
    earlier: Iterable[Objection],
    *,
    until: date,
    now: datetime,
) -> str:
    if standing not in BEFORE_APPROVAL:
        return (
            f"{month_text(month)}的结算{Settlement.State(standing).label}，不能再提异议："
            "请直接找考核人，改动会在下个月调整。"
        )
    if business_day(now) > until:
        return f"异议要在公示后 3 个工作日内提出，这一行到{day_text(until)}为止，已经过了。"
    for each in earlier:
        if each.state == State.OPEN:
            return "这一行您已经提过异议，正在等答复。"
        if each.state == State.KEPT and each.raised_at >= shown_at:
            return "这一行的异议已经答复，维持原判：请看答复；有新的事实请直接找考核人。"
    return ""


def raise_objection(
    *, month: Month, person: User, line: str, text: str, now: datetime
) -> Objection:
    """Object to a line of the own payslip, before approval and in time.

    Raises NotThere for a line that is not the person's, Conflict too late or a second time,
    Invalid without a text.
    """
    text = _written(text, "异议")
    found = find_line(month=month, person=person, line=line)
    try:
        with transaction.atomic():
            state_of(month, lock=True)  # an approval waits for this, or this for the approval
            refusal = refusal_to_raise(found, month=month, person=person, now=now)
            if refusal:
                raise Conflict(refusal)
            objection = Objection.objects.create(
                month=str(month),
                person=person,
                role=found.role,
                line=line,
                event=found.event,
                text=text,
                raised_at=now,
            )
            _record("raise_objection", objection, by=person, now=now, details={"line": line})
    except IntegrityError:
        raise Conflict("这一行您已经提过异议，正在等答复。") from None
    return objection


def answer_objection(
    *,
    objection: Objection,
    text: str,
    decision: Answer,
    quantity: Fraction | None = None,
    by: User,
    now: datetime,
) -> Objection:
    """Answer in writing; ``change`` and ``waive`` decide the deduction anew, and are linked.

    A line without a deduction (share, reads, uplift) is kept, or ``change`` says that its data
    was mended. Raises NotAllowed for who is not its assessor, Conflict when it was answered
    already or the deduction decided meanwhile, Invalid for an answer that cannot be.
    """
    text = _written(text, "答复")
    month = Month.parse(objection.month)
    authority = _authority(objection, month, by=by, now=now)
    if objection.event is None and decision == "waive":
        raise Invalid("这一行不是扣减，没有可以免除的：请选“维持”，或更正数据后选“已更正”。")
    if objection.event is not None and decision == "change" and quantity is None:
        raise Invalid("请填更改后的数量。")
    with transaction.atomic():
        claimed = Objection.objects.filter(pk=objection.pk, state=State.OPEN).update(
            state=State.KEPT if decision == "keep" else State.CHANGED,
            answer=text,
            answered_at=now,
            answered_by=by,
        )
        objection.refresh_from_db()
        if not claimed:
            raise Conflict(f"这条异议现在是“{objection.get_state_display()}”：请刷新页面再看。")
        change = _change(objection, decision, quantity, text, by=by, now=now)
        if change:
            objection.decision = change
            objection.save(update_fields=["decision"])
        details = {"decision": decision, "answer": text[:300], **authority.details()}
        _record("answer_objection", objection, by=by, now=now, details=details)
        notify(
            recipients=[objection.person],
            key=f"objection:{objection.pk}",
            text=f"您对{month_text(month)}“{line_text(objection)[:60]}”的异议已答复"
            f"（{objection.get_state_display()}）：{text[:200]}",
            url=reverse("objection", args=[objection.pk]),
            now=now,
        )
    return objection


def withdraw_objection(*, objection: Objection, by: User, now: datetime) -> Objection:
    """Take the own objection back while it is open; NotAllowed for others, Conflict afterwards."""
    if by.pk != objection.person_id:
        raise NotAllowed("只有提出异议的人自己可以撤回。")
    with transaction.atomic():
        claimed = Objection.objects.filter(pk=objection.pk, state=State.OPEN).update(
            state=State.WITHDRAWN
        )
        objection.refresh_from_db()
        if not claimed:
            raise Conflict(f"这条异议现在是“{objection.get_state_display()}”，不能撤回。")
        _record("withdraw_objection", objection, by=by, now=now, details={"line": objection.line})
    return objection


def open_objections(month: Month) -> list[Objection]:
    """The objections of that month that wait for an answer. One query."""
    return _open(month=str(month))


@prepared
def _open(*, month: Any) -> QuerySet[Objection]:
    found = Objection.objects.filter(month=month, state=State.OPEN)
    return found.select_related("person", "event")


def objection_deadlines(month: Month) -> dict[str, date]:
    """User name → the last day on which the person can object to a deduction of that month.

    Only people with a deduction, days that have passed among them. Four queries at most.
    """
    events = [each for each in events_counting_in(month) if each.confirmed_at and each.quantity]
    if not events:
        return {}
    shown: dict[str, datetime] = {}
    for event in events:
        role, at = RULES[event.rule].role, event.confirmed_at
        if at:
            shown[role] = max(at, shown.get(role, at))
    calendar = calendar_from(min(shown.values()), max(shown.values()))
    holders = Tenure.objects.touching(month.first, month.last).filter(role__in=shown)
    found: dict[str, date] = {}
    for role, username in holders.values_list("role", "user__username"):
        until = deadline(shown[role], calendar)
        found[username] = max(until, found.get(username, until))
    return found


def events_counting_in(month: Month) -> list[KpiEvent]:
    """The confirmed events that cut something in that month, those of the year before included.

    One query.
    """
    rows = KpiEvent.objects.filter(
        Q(month=str(month)) | Q(month__startswith=f"{month.year - 1:04d}-"),
        state=KpiEvent.State.CONFIRMED,
    )
    return [each for each in rows if _counts(each, month)]


def may_answer(objection: Objection, *, who: Assessors, user: User) -> bool:
    """Whether this person is the one to answer."""
    return _found(objection, Month.parse(objection.month), who=who, user_id=user.pk) is not None


def answerers(objection: Objection, *, who: Assessors) -> str:
    """Who answers: the post and its holders, in words."""
    if objection.event:
        return who.names(objection.event.rule, Month.parse(objection.month))
    return who.names_of_the_rest(frozenset({objection.person_id}))


def line_answerers(line: Line, month: Month, person: User, *, who: Assessors) -> str:
    """Who would answer an objection of that person to the line, in words."""
    if line.event:
        return who.names(line.event.rule, month)
    return who.names_of_the_rest(frozenset({person.pk}))


def line_text(objection: Objection) -> str:
    """What the objection is about, in words."""
    role = wording.role_name(objection.role)
    if objection.event:
        return f"{role}：{RULES[objection.event.rule].text}"
    return f"{role}：{PLAIN_LINES.get(objection.line.partition(':')[0], objection.line)}"


def _authority(objection: Objection, month: Month, *, by: User, now: datetime) -> Authority:
    who = assessors([month], now=now)
    if objection.event:
        return who.require(objection.event.rule, month, by)
    return who.require_answer(frozenset({objection.person_id}), by)


def _found(objection: Objection, month: Month, *, who: Assessors, user_id: int) -> Authority | None:
    if objection.event:
        return who.of_rule(objection.event.rule, month, user_id)
    return who.of_the_rest(frozenset({objection.person_id}), user_id)


def _change(
    objection: Objection,
    decision: Answer,
    quantity: Fraction | None,
    text: str,
    *,
    by: User,
    now: datetime,
) -> KpiDecision | None:
    """The event decided anew because of the objection; None where it is kept."""
    if objection.event is None or decision == "keep":
        return None
    reason = f"异议 #{objection.pk} 的答复：{text}"[:500]
    if decision == "change" and quantity is not None:
        return change_event(event=objection.event, quantity=quantity, reason=reason, by=by, now=now)
    return waive_event(event=objection.event, reason=reason, by=by, now=now)


def _counts(event: KpiEvent, month: Month) -> bool:
    known = event.rule in RULES
    return known and counts_in(Event(Month.parse(event.month), event.rule, event.quantity), month)


def _written(text: str, name: str) -> str:
    missing = f"请写明{name}：哪里不对、事实是什么。"
    return written(text, missing=missing, name=name, longest=LONGEST)


def _record(
    act: str, objection: Objection, *, by: User, now: datetime, details: dict[str, object]
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=objection,
        by=by,
        now=now,
        details={"month": objection.month, **details},
    )


__all__ = [
    "Answer",
    "Line",
    "answer_objection",
    "answerers",
    "events_counting_in",
    "find_line",
    "line_answerers",
    "line_text",
    "may_answer",
    "objection_deadlines",
    "open_objections",
    "open_to_objection",
    "raise_objection",
    "refusal_to_raise",
    "withdraw_objection",
]

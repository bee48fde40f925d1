"""Deduction events: proposed, then confirmed, changed or waived by the rule's assessor.

Every step is claimed by compare-and-set on the state and quantity that the decider saw, leaves a
``KpiDecision`` and an entry in the audit trail (docs/rules.md §5). Only confirmed events count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Deputy, Tenure, User
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text, number
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.prepared import prepared
from haitang.kernel.texts import within, written
from haitang.policy.rulebook import RULES
from incentives.deductions import notices as deduction_notices
from incentives.deductions.assessors import Assessors, Authority, assessors
from incentives.models import KpiDecision, KpiEvent, Settlement

STREAM = "incentives"
LONGEST = 500
# Scored by the general manager on a page of their own, in percent points.
SCORED = ("planner.assessment", "supervisor.assessment")
POINTS = "百分点"
State, Act = KpiEvent.State, KpiDecision.Act
OPEN = (Settlement.State.DRAFT, Settlement.State.CALCULATED)
_SAME = ("rule", "month", "quantity", "note", "evidence", "evidence_url")


@dataclass(frozen=True)
class Told:
    """One event as somebody enters it: how much, on what evidence."""

    quantity: Fraction
    evidence: str
    url: str = ""


def propose_event(
    *,
    rule: str,
    month: Month,
    quantity: Fraction,
    note: str = "",
    evidence: str = "",
    evidence_url: str = "",
    key: str,
    by: User | None,
    now: datetime,
) -> KpiEvent:
    """Enter an event for its assessor to decide; ``by=None`` is the system.

    The same key with the same content gives back the event that is there. Everyone of the house
    may, with evidence. Raises NotAllowed, Invalid for content that cannot be, Conflict for a key
    that was used for something else.
    """
    if by is not None:
        _require_house(by, now)
        _check_told(rule, month, evidence=evidence or note, now=now)
    quantity = checked_quantity(rule, quantity)
    fields = {
        "rule": rule,
        "month": str(month),
        "quantity": quantity,
        "note": short(note, "说明"),
        "evidence": short(evidence, "证据"),
        "evidence_url": _link(evidence_url),
    }
    with transaction.atomic():
        event, is_new = KpiEvent.objects.get_or_create(
            key=key,
            defaults={
                **fields,
                "source": KpiEvent.Source.PERSON if by else KpiEvent.Source.SYSTEM,
                "recorded_at": now,
                "recorded_by": by,
            },
        )
        if is_new:
            keep(event, Act.PROPOSE, before=Fraction(0), reason=note, by=by, now=now)
    if any(str(getattr(event, name)) != str(fields[name]) for name in _SAME):
        raise Conflict("这条扣减没有登记：同一个编号已用于另一条内容。请重新打开登记页再填。")
    return event


def propose_events(
    *,
    rule: str,
    month: Month,
    entries: Sequence[Told],
    key: str,
    by: User,
    now: datetime,
) -> list[KpiEvent]:
    """Several events of one rule and month, all or none; ``key`` names the whole entry.

    Sent twice they are there once. Raises as ``propose_event`` does.
    """
    with transaction.atomic():
        return [
            propose_event(
                rule=rule,
                month=month,
                quantity=each.quantity,
                evidence=each.evidence,
                evidence_url=each.url,
                key=f"{key}:{index}",
                by=by,
                now=now,
            )
            for index, each in enumerate(entries)
        ]


def confirm_event(*, event: KpiEvent, reason: str = "", by: User, now: datetime) -> KpiDecision:
    """The proposal counts as it stands. Raises NotAllowed; Conflict when it is decided already."""
    return decide(
        event, Act.CONFIRM, State.CONFIRMED, event.quantity, short(reason, "理由"), by=by, now=now
    )


def change_event(
    *, event: KpiEvent, quantity: Fraction, reason: str, by: User, now: datetime
) -> KpiDecision:
    """The event counts with another quantity; one that was waived counts again.

    Raises NotAllowed, Invalid without a reason or with the same quantity, Conflict when somebody
    else decided since ``event`` was read.
    """
    quantity = checked_quantity(event.rule, quantity)
    if event.state == State.CONFIRMED and quantity == event.quantity:
        raise Invalid(f"数量还是 {number(quantity)}，没有更改：请填新的数量，或不用更改。")
    return decide(
        event, Act.CHANGE, State.CONFIRMED, quantity, checked_reason(reason), by=by, now=now
    )


def waive_event(*, event: KpiEvent, reason: str, by: User, now: datetime) -> KpiDecision:
    """The event does not count. Raises as ``change_event`` does."""
    return decide(
        event, Act.WAIVE, State.WAIVED, event.quantity, checked_reason(reason), by=by, now=now
    )


def undecided_events(month: Month) -> list[KpiEvent]:
    """The proposals of that month that nobody decided yet. One query."""
    return _undecided(month=str(month))


@prepared
def _undecided(*, month: Any) -> QuerySet[KpiEvent]:
    return KpiEvent.objects.filter(month=month, state=State.PROPOSED)


def state_of(month: Month, *, lock: bool = False) -> str:
    """Where the month's settlement stands; ``lock`` keeps it there until the transaction ends."""
    rows = Settlement.objects.select_for_update() if lock else Settlement.objects.all()
    found = rows.filter(month=str(month)).values_list("state", flat=True).first()
    return found or Settlement.State.DRAFT


def consequence(month: Month) -> str:
    """What a decision does to a month that is already on its way; empty while it is open."""
    standing = state_of(month)
    if standing in OPEN:
        return ""
    if standing == Settlement.State.SUBMITTED:
        return (
            f"{month_text(month)}的结算已提交：要退回、重新计算再提交，这个决定才会计入；"
            "否则差额在下个月调整。"
        )
    return (
        f"{month_text(month)}的结算{Settlement.State(standing).label}，原来的金额不变："
        "差额会作为调整计入下一个未结的月份。"
    )


def checked_reason(reason: str) -> str:
    """The reason without blanks around it; Invalid when it is missing or too long."""
    missing = "请写明理由：它会和决定一起留下，被扣的人看得到。"
    return written(reason, missing=missing, name="理由", longest=LONGEST)


def checked_quantity(rule: str, quantity: Fraction) -> Fraction:
    """The quantity as the rule counts it; Invalid for one that cannot be.

    Percent points go from 0 to 100 with two decimals at most, everything else is a whole number
    from 1; of a rule with a yearly maximum no more than that.
    """
    if rule not in RULES:
        raise Invalid(f"没有“{rule}”这条考核规则：请从列表里选。")
    known = RULES[rule]
    if known.unit == POINTS:
        if not 0 <= quantity <= 100 or (quantity * 100).denominator != 1:
            raise Invalid("百分点要在 0 到 100 之间，最多两位小数：请核对。")
        if quantity == 0 and rule not in SCORED:
            raise Invalid("0 个百分点不用登记；已经登记的请免除并写明理由。")
        return quantity
    most = known.yearly_maximum or Fraction(999)
    if quantity.denominator != 1 or not 1 <= quantity <= most:
        raise Invalid(
            f"数量要是 1 到 {number(most)} 的整数（单位：{known.unit}）：请核对；不扣的请免除。"
        )
    return quantity


def decide(
    event: KpiEvent,
    act: KpiDecision.Act,
    state: KpiEvent.State,
    quantity: Fraction,
    reason: str,
    *,
    by: User,
    now: datetime,
    who: Assessors | None = None,
) -> KpiDecision:
    """Bring the event as the caller saw it into that state; ``event`` is brought up to date."""
    month = Month.parse(event.month)
    authority = (who or assessors([month], now=now)).require(event.rule, month, by)
    allowed = (State.PROPOSED,) if act == Act.CONFIRM else tuple(State)
    fields: dict[str, object] = {"state": state, "quantity": quantity}
    if state == State.CONFIRMED:
        fields |= {"confirmed_at": now, "confirmed_by": by}
    before = event.quantity
    with transaction.atomic():
        claimed = (
            event.state in allowed
            and (event.state, event.quantity) != (state, quantity)
            and KpiEvent.objects.filter(
                pk=event.pk, state=event.state, quantity=event.quantity
            ).update(**fields)
        )
        event.refresh_from_db()
        if not claimed:
            raise Conflict(_taken(event))
        return keep(event, act, before=before, reason=reason, by=by, now=now, authority=authority)


def _taken(event: KpiEvent) -> str:
    last = event.decisions.select_related("by").order_by("-pk").first()
    who = f"，{last.by}刚刚处理过" if last and last.by else ""
    return (
        f"这条扣减现在是“{event.get_state_display()}”（数量 {number(event.quantity)}）{who}："
        "请刷新页面，核对后再决定。"
    )


def keep(
    event: KpiEvent,
    act: KpiDecision.Act,
    *,
    before: Fraction,
    reason: str,
    by: User | None,
    now: datetime,
    authority: Authority | None = None,
) -> KpiDecision:
    """The decision's row, its entry in the audit trail, and word to those whom it costs money."""
    decision = KpiDecision.objects.create(
        event=event,
        act=act,
        before=before,
        quantity=event.quantity,
        reason=reason.strip()[:LONGEST],
        at=now,
        by=by,
        on_behalf_of_id=authority.on_behalf_of_id if authority else None,
    )
    audit.record(
        stream=STREAM,
        act=f"{act}_event",
        obj=event,
        by=by,
        now=now,
        details={
            "month": event.month,
            "rule": event.rule,
            "before": str(before),
            "quantity": str(event.quantity),
            "reason": decision.reason,
            **(authority.details() if authority else {}),
        },
    )
    if act != Act.PROPOSE:
        deduction_notices.tell(decision, now=now)
    return decision


def _require_house(by: User, now: datetime) -> None:
    """NotAllowed for who neither holds nor deputises any post today; administrators may."""
    day = business_day(now)
    if by.is_superuser or Tenure.objects.on(day).filter(user=by).exists():
        return
    if not Deputy.objects.on(day).filter(deputy=by).exists():
        raise NotAllowed("您现在没有任职，不能登记扣减：请联系管理员登记任职。")


def _check_told(rule: str, month: Month, *, evidence: str, now: datetime) -> None:
    """What holds for people and not for the system."""
    if rule in SCORED:
        raise Invalid("总策划和总督导由总经理打分：请在当月考核页的“打分”里填。")
    if month > Month.of(business_day(now)):
        raise Invalid(f"{month_text(month)}还没有到：请核对月份。")
    if not evidence.strip():
        raise Invalid("请写明证据或事由：谁、哪一天、什么事，被扣的人才能核对。")


def short(text: str, name: str) -> str:
    return within(text, name=name, longest=LONGEST)


def _link(url: str) -> str:
    url = url.strip()
    if (url and not url.startswith(("https://", "http://", "/"))) or len(url) > 300:
        raise Invalid("证据链接要以 https:// 或 / 开头，最多 300 个字：请核对。")
    return url

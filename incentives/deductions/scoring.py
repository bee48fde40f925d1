"""The general manager scores planner and supervisor: percent points off their coefficients.

A score is a confirmed event under a key of its own; scoring again changes that event, by a
decision each time (docs/rules.md §5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from django.db import IntegrityError, transaction

from accounts.models import User
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, Invalid
from haitang.policy.rulebook import RULES
from incentives import wording
from incentives.deductions.assessors import Assessors, assessors
from incentives.deductions.deducting import (
    OPEN,
    SCORED,
    checked_quantity,
    checked_reason,
    decide,
    keep,
    short,
    state_of,
)
from incentives.models import KpiDecision, KpiEvent, Settlement

State, Act = KpiEvent.State, KpiDecision.Act


def score_month(
    *,
    month: Month,
    scores: Mapping[str, Fraction],
    reasons: Mapping[str, str],
    by: User,
    now: datetime,
) -> list[KpiDecision]:
    """The general manager's percent points off planner and supervisor, by rule; what changed.

    Until the month is submitted it may be done again, each change a decision (docs/rules.md §5).
    Each rule has its own reason in ``reasons``, told to whom it is about and to nobody else. Raises
    Conflict afterwards, NotAllowed, Invalid for points, or a change of them, without a reason.
    """
    with transaction.atomic():
        standing = state_of(month, lock=True)
        if standing not in OPEN:
            raise Conflict(
                f"{month_text(month)}的结算{Settlement.State(standing).label}，不能再打分："
                "请先退回或撤销批准；也可以在考核页更改那一条，差额在下个月调整。"
            )
        who = assessors([month], now=now)
        kept = [
            _score(
                rule,
                month,
                checked_quantity(rule, points),
                reasons.get(rule, ""),
                who=who,
                by=by,
                now=now,
            )
            for rule, points in scores.items()
        ]
    return [each for each in kept if each]


def _score(
    rule: str,
    month: Month,
    points: Fraction,
    reason: str,
    *,
    who: Assessors,
    by: User,
    now: datetime,
) -> KpiDecision | None:
    if rule not in SCORED:
        raise Invalid(f"“{rule}”不是由总经理打分的规则：请在考核页登记。")
    authority = who.require(rule, month, by)
    event = KpiEvent.objects.filter(key=_score_key(month, rule)).first()
    if event is not None and event.state == State.CONFIRMED and event.quantity == points:
        return None
    reason = _checked(reason, rule) if points or event else short(reason, "理由")
    if event is None:
        try:
            with transaction.atomic():
                event = KpiEvent.objects.create(
                    month=str(month),
                    rule=rule,
                    quantity=points,
                    note=reason,
                    state=State.CONFIRMED,
                    key=_score_key(month, rule),
                    recorded_at=now,
                    recorded_by=by,
                    confirmed_at=now,
                    confirmed_by=by,
                )
        except IntegrityError:
            raise Conflict("别人刚打了分：请刷新页面核对。") from None
        return keep(
            event,
            Act.CONFIRM,
            before=Fraction(0),
            reason=reason,
            by=by,
            now=now,
            authority=authority,
        )
    return decide(event, Act.CHANGE, State.CONFIRMED, points, reason, by=by, now=now, who=who)


def _checked(reason: str, rule: str) -> str:
    """The reason; the refusal of none names the person's role."""
    if not reason.strip():
        named = wording.role_name(RULES[rule].role)
        raise Invalid(f"请写明{named}扣分或更改的理由：它会和决定一起留下，本人看得到。")
    return checked_reason(reason)


def _score_key(month: Month, rule: str) -> str:
    return f"score:{month}:{rule}"

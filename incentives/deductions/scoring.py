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
    *, month: Month, scores: Mapping[str, Fraction], comment: str, by: User, now: datetime
) -> list[KpiDecision]:
    """The general manager's percent points off planner and supervisor, by rule; what changed.

    Until the month is submitted it may be done again, each change a decision (docs/rules.md §5).
    The comment is kept with what it is about: nobody without points reads it. Raises Conflict
    afterwards, NotAllowed, Invalid for points without a comment.
    """
    if any(scores.values()) or KpiEvent.objects.filter(key__in=_score_keys(month)).exists():
        comment = checked_reason(comment)
    else:
        comment = short(comment, "评语")
    with transaction.atomic():
        standing = state_of(month, lock=True)
        if standing not in OPEN:
            raise Conflict(
                f"{month_text(month)}的结算{Settlement.State(standing).label}，不能再打分："
                "请先退回或撤销批准；也可以在考核页更改那一条，差额在下个月调整。"
            )
        who = assessors([month], now=now)
        kept = [
            _score(rule, month, checked_quantity(rule, points), comment, who=who, by=by, now=now)
            for rule, points in scores.items()
        ]
    return [each for each in kept if each]


def _score(
    rule: str,
    month: Month,
    points: Fraction,
    comment: str,
    *,
    who: Assessors,
    by: User,
    now: datetime,
) -> KpiDecision | None:
    if rule not in SCORED:
        raise Invalid(f"“{rule}”不是由总经理打分的规则：请在考核页登记。")
    authority = who.require(rule, month, by)
    event = KpiEvent.objects.filter(key=_score_key(month, rule)).first()
    if event is None:
        comment = comment if points else ""  # it is about the other, who has points
        try:
            with transaction.atomic():
                event = KpiEvent.objects.create(
                    month=str(month),
                    rule=rule,
                    quantity=points,
                    note=comment,
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
            reason=comment,
            by=by,
            now=now,
            authority=authority,
        )
    if event.state == State.CONFIRMED and event.quantity == points:
        return None
    return decide(event, Act.CHANGE, State.CONFIRMED, points, comment, by=by, now=now, who=who)


def _score_key(month: Month, rule: str) -> str:
    return f"score:{month}:{rule}"


def _score_keys(month: Month) -> list[str]:
    return [_score_key(month, rule) for rule in SCORED]

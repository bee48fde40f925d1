"""Word to the people whom a decision about a deduction concerns."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from accounts.models import User
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import day_text, month_text, number
from haitang.kernel.notices import notify
from haitang.policy.rulebook import RULES
from incentives.deductions.assessors import holders_of
from incentives.deductions.deadlines import calendar_from, deadline
from incentives.models import KpiDecision, KpiEvent


def tell(decision: KpiDecision, *, now: datetime) -> None:
    """Tell the role's holders of a decision, with the day until which they can object.

    Of a next-year rule those who hold the role at the decision. A score of no points is no news.
    """
    event, rule = decision.event, RULES[decision.event.rule]
    if not event.quantity and decision.act == KpiDecision.Act.CONFIRM:
        return
    month = Month.parse(event.month)
    when = month if rule.horizon == "month" else Month.of(business_day(now))
    text = _text(decision, month, now=now)
    for person in holders_of(rule.role, when):
        if decision.by_id != person.pk:
            notify(
                recipients=[person],
                key=f"kpi:{decision.pk}",
                text=text,
                url=person_url(person, month),
                now=now,
            )


def person_url(person: User, month: Month) -> str:
    """The page of a person's deductions in the month's year."""
    return f"{reverse('kpi-person', args=[person.username])}?year={month.year}"


def _text(decision: KpiDecision, month: Month, *, now: datetime) -> str:
    event, rule = decision.event, RULES[decision.event.rule]
    what = f"{month_text(month)}的扣减“{rule.text[:40]}”"
    reason = f"理由：{decision.reason[:150]}" if decision.reason else ""
    if event.state == KpiEvent.State.WAIVED:
        return f"{what}已由{decision.by}免除，不再计入。{reason}"
    until = day_text(deadline(now, calendar_from(now)), year=business_day(now).year)
    done = "更改为" if decision.act == KpiDecision.Act.CHANGE else "确认："
    return (
        f"{what}已由{decision.by}{done} {number(event.quantity)} {rule.unit}。{reason}"
        f"如有异议，请在{until}之前提出。"
    )

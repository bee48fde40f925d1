"""What speaks against the next step of a month, in sentences that say what to do.

``obstacles`` looks without calculating anew; ``data_changed`` calculates and takes its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import day_text, month_text
from haitang.kernel.prepared import prepared
from incentives.deductions.objections import events_counting_in, objection_deadlines
from incentives.life import checks
from incentives.life.states import APPROVED, FROZEN
from incentives.life.undecided import Undecided, undecided
from incentives.models import Payment, Settlement, SettlementRun

STALE = "计算之后数据又有变化：请重新计算，看过新的结果再提交。"


def obstacles(
    month: Month, run: SettlementRun | None, *, now: datetime, waiting: Undecided | None = None
) -> list[str]:
    """Why the month cannot be submitted; empty when nothing but stale data could speak against it.

    Three queries; one when the caller knows what is ``waiting``.
    """
    if run is None:
        return ["本月还没有计算：请先计算。"]
    found = [*_figures(run), *(waiting or undecided(month)).sentences, *order(month)]
    if business_day(now) <= month.last:
        found.insert(0, f"{month_text(month)}还没有结束：{day_text(month.last)}之后才能提交。")
    return found


def redecided(month: Month, run: SettlementRun) -> list[str]:
    """One sentence when other deductions count now than the calculation counted. One query.

    Other late data become an adjustment; but what an objection brought about before approval
    belongs into the month itself (docs/rules.md §9). A deduction decided to and fro, or one that
    was proposed and waived, is none.
    """
    counted = run.trace.get("events")
    if counted is None:  # kept by an older version
        return []
    then = {(each["id"], Fraction(each["quantity"])) for each in counted}
    if then == {(each.pk, each.quantity) for each in events_counting_in(month)}:
        return []
    return ["提交之后有扣减重新作过决定：请退回，重新计算后再提交。"]


def order(month: Month) -> list[str]:
    """Months are settled one after the other, without a gap, once one is approved. One query."""
    stands = {Month.parse(name): state for name, state in _other_months(month=str(month))}
    approved = [each for each, state in stands.items() if state in APPROVED]
    before, after = month.plus(-1), [each for each in approved if each > month]
    if after:
        return [
            f"更晚的{month_text(min(after))}已经批准：本月的变动会作为调整计入未结的月份，不能再提交。"
        ]
    if approved and before not in approved:
        return [f"上一个月（{month_text(before)}）还没有批准：请按月份先后结算，中间不能空缺。"]
    return []


@prepared
def _other_months(*, month: Any) -> QuerySet[Settlement, tuple[str, str]]:
    return Settlement.objects.exclude(month=month).values_list("month", "state")


def data_changed(run: SettlementRun) -> list[str]:
    """One sentence when calculating now would find other inputs. Computes the month."""
    return [] if checks.is_current(run) else [STALE]


def against_reversal(month: Month) -> list[str]:
    """Why an approval cannot be taken back: later months rest on it. One query."""
    later = Settlement.objects.filter(month__gt=str(month), state__in=FROZEN).order_by("-month")
    return [
        f"更晚的{month_text(each.month)}{each.get_state_display()}，以本月的余额为期初："
        f"请先{'退回它的提交' if each.state == Settlement.State.SUBMITTED else '撤销它的批准'}。"
        for each in later[:1]
    ]


def still_waiting(settlement: Settlement) -> list[str]:
    """Why a month is not paid out yet. One query."""
    waiting = settlement.payments.filter(state=Payment.State.WAITING).count()
    return [f"还有 {waiting} 笔付款待付：请先逐笔登记已付或未付成。"] if waiting else []


def not_through(settlement: Settlement) -> list[str]:
    """How many payments have not arrived, by state, and whose: ``未付成 1 笔（王芳）``. One query.

    A payment that was tried again counts by its last try.
    """
    rows = settlement.payments.exclude(state=Payment.State.VOID).order_by("attempt", "pk")
    last = {
        account: (state, name)
        for account, state, name in rows.values_list("account_id", "state", "name")
    }
    found = []
    for state in (Payment.State.WAITING, Payment.State.FAILED, Payment.State.RETURNED):
        names = [name for each, name in last.values() if each == state]
        shown = "、".join(dict.fromkeys(names))
        found += [f"{state.label} {len(names)} 笔（{shown}）"] if names else []
    return found


def may_still_object(month: Month, *, now: datetime) -> list[str]:
    """Who can still object to a deduction, and until when: ``刘思远（到11月6日 周五）``."""
    today = business_day(now)
    until = {name: day for name, day in objection_deadlines(month).items() if day >= today}
    people = dict(User.objects.filter(username__in=until).values_list("username", "name"))
    return [
        f"{people.get(name) or name}（到{day_text(day, year=today.year)}）"
        for name, day in sorted(until.items(), key=_by_day)
    ]


def _by_day(item: tuple[str, date]) -> tuple[date, str]:
    return item[1], item[0]


def _figures(run: SettlementRun) -> list[str]:
    problems: Sequence[Any] = run.document["problems"]
    found = []
    if problems:
        found.append(
            f"有 {len(problems)} 个问题没有解决：请解决，"
            "或请总经理、副总经理写明理由放行，再重新计算。"
        )
    return found

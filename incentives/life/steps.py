"""How a step of a month is taken: by whom, claimed by compare-and-set, kept on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse as address

from accounts.models import User
from accounts.rules import Acting, acting_by, acting_details, has_role
from accounts.separation import Act, require_different_people
from haitang.kernel import audit
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, NotAllowed
from haitang.kernel.failpoints import fail_point
from haitang.kernel.notices import notify
from haitang.kernel.texts import written
from incentives.life.states import MOVES, Move, Step, earlier_steps
from incentives.models import Settlement, SettlementRun, SettlementStep

STREAM = "incentives"
REASON_LENGTH = 500


@dataclass(frozen=True)
class Taker:
    """Who takes a step now; ``acting`` says for whom a deputy does."""

    move: Move
    by: User
    acting: Acting | None
    now: datetime

    @property
    def act(self) -> Act:
        """The step as separation sees it: the deputy's and the deputised person's."""
        for_whom = self.acting.person_id if self.acting else None
        return Act(self.by.pk, for_whom, step=self.move.name, actor_name=str(self.by))


def may_take(move: Move, user: User) -> bool:
    """Whether the person holds, or deputises, a role that may take the step."""
    return has_role(*move.roles)(user)


def taker(step: Step, *, by: User, now: datetime) -> Taker:
    """The person as taker of the step; NotAllowed for who may not take it."""
    move = MOVES[step]
    if not may_take(move, by):
        names = "、".join(str(role.label) for role in move.roles)
        raise NotAllowed(f"“{move.name}”由{names}（或其代理人）来做：请交由他们处理。")
    return Taker(move, by, acting_by(by, has_role(*move.roles)), now)


def settlement_of(month: Month, who: Taker) -> Settlement:
    """The month's row; Conflict when it was never calculated."""
    found = Settlement.objects.filter(month=str(month)).select_related("run").first()
    if found is None:
        raise Conflict(f"{month_text(month)}还没有计算，不能{who.move.name}：请先计算。")
    return found


def claim(settlement: Settlement, who: Taker, *, run: SettlementRun | None = None) -> None:
    """Compare and set: the first one takes the step, everybody after it meets a Conflict.

    The month's row stays locked until the transaction ends.
    """
    fields: dict[str, object] = {"state": who.move.after, **({"run": run} if run else {})}
    if not Settlement.objects.filter(pk=settlement.pk, state=who.move.before).update(**fields):
        raise Conflict(_taken(settlement, who.move))
    fail_point("settlement.claimed")
    settlement.refresh_from_db()


def keep(
    settlement: Settlement,
    who: Taker,
    *,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    """Write the step and its entry in the audit trail."""
    move, acting = who.move, who.acting
    SettlementStep.objects.create(
        settlement=settlement,
        before=move.before,
        after=move.after,
        at=who.now,
        by=who.by,
        on_behalf_of_id=acting.person_id if acting else None,
        run=settlement.run,
        reason=reason,
    )
    audit.record(
        stream=STREAM,
        act=f"{move.step}_month",
        obj=settlement,
        object_name=month_text(settlement.month),
        by=who.by,
        now=who.now,
        details={
            **({"reason": reason} if reason else {}),
            **(details or {}),
            **(acting_details(acting) if acting else {}),
        },
    )


def last_act(settlement: Settlement, step: Step) -> Act | None:
    """Who took that step of the month last, and for whom."""
    move = MOVES[step]
    steps = settlement.steps.filter(before=move.before, after=move.after).select_related("by")
    found = steps.order_by("-pk").first()
    if found is None or found.by_id is None:
        return None
    return Act(found.by_id, found.on_behalf_of_id, step=move.name, actor_name=str(found.by))


def require_others(settlement: Settlement, who: Taker) -> None:
    """Who submitted does not approve, who did either does not pay; deputies count, too."""
    for earlier in earlier_steps(who.move.step):
        if done := last_act(settlement, earlier.step):
            require_different_people(done, who.act)


def tell_submitter(settlement: Settlement, who: Taker, *, reason: str) -> None:
    """A notice to the submitter that somebody else sent the month back."""
    submitted = last_act(settlement, Step.SUBMIT)
    if submitted is None or who.by.pk in submitted.people:
        return
    notify(
        recipients=User.objects.filter(pk__in=submitted.people),
        key=f"settlement:{settlement.pk}:{settlement.steps.count()}",
        text=f"{who.by}{who.move.name}了{month_text(settlement.month)}的结算：{reason}",
        url=address("month", args=[settlement.month]),
        now=who.now,
    )


def checked_reason(reason: str, move: Move) -> str:
    """The reason without blanks around it; Invalid when it is missing or too long."""
    missing = f"请写明{move.name}的理由：提交人和总经理都看得到。"
    return written(reason, missing=missing, name="理由", longest=REASON_LENGTH)


def refuse(month: Month, move: Move, against: Sequence[str]) -> None:
    """Conflict with all that speaks against the step, when anything does."""
    if against:
        raise Conflict(f"{month_text(month)}还不能{move.name}：", details=against)


def _taken(settlement: Settlement, move: Move) -> str:
    settlement.refresh_from_db(fields=["state"])
    last = settlement.steps.select_related("by").order_by("-pk").first()
    who = f"（{last.by}刚处理过）" if last and last.by else ""
    return (
        f"{month_text(settlement.month)}现在是“{settlement.get_state_display()}”{who}，"
        f"不能{move.name}：请刷新页面看现在的情况。"
    )

"""Writes of the incentives app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.rules import may_override
from campaigns.document import shown_days
from campaigns.uplift import Problem
from haitang.kernel import audit
from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.money import yuan
from haitang.policy.document import RESERVE
from incentives.calculation.adjustments import Adjustment, Known
from incentives.calculation.calculated import note_calculated, require_open
from incentives.calculation.document import document
from incentives.calculation.funds import Balances
from incentives.calculation.gathering import Chained, digest, gather
from incentives.calculation.kpi import counts_in
from incentives.calculation.origins import known_of
from incentives.calculation.settlement import Inputs, MonthFigures, margins, settle
from incentives.models import KpiEvent, ProblemOverride, SettlementRun
from incentives.wording import role_name

STREAM = "incentives"


@dataclass(frozen=True)
class Calculation:
    """A month computed from the data of this moment, not kept anywhere.

    ``stamp`` and ``origins`` tell later calculations what this one knew (docs/rules.md §9).
    """

    settlement: MonthFigures
    open_problems: tuple[Problem, ...]
    overridden: tuple[Problem, ...]
    stamp: str = ""
    origins: dict[Month, Known] = field(default_factory=dict)
    earlier: tuple[Adjustment, ...] = ()

    @property
    def inputs(self) -> Inputs:
        return self.settlement.inputs

    @cached_property
    def _days(self) -> dict[str, Any]:
        return {
            each.plan.campaign.code: {"days": shown_days(each)} for each in self.inputs.campaigns
        }

    @cached_property
    def _document(self) -> dict[str, Any]:
        return document(self.settlement)

    @cached_property
    def digest(self) -> str:
        """The fingerprint of all that went in."""
        return digest(
            self.inputs,
            campaigns=[self._document["campaigns"], self._days],
            overridden=[problem.shown() for problem in self.overridden],
        )

    def document(self) -> dict[str, Any]:
        """The settlement document; its problems are those still open."""
        problems = [problem.shown() for problem in self.open_problems]
        return {**self._document, "problems": problems}

    def trace(self) -> dict[str, Any]:
        """How the figures came about: every store-day, every article, what was overridden.

        Beside that what approval and later months need: ``payouts`` of each payee and the weights
        of the ``holders`` (amounts in fen), the ``events`` with their evidence, the ``expenses``
        taken in by number, what was ``known`` of the inputs and their ``stamp``. Two queries.
        """
        inputs = self.inputs
        known = known_of(inputs.month, margins(inputs.campaigns), inputs.articles, inputs.events)
        return {
            "campaigns": self._days,
            "reads": [
                {"code": each.code, "category": each.category, "figure": each.figure}
                for each in inputs.articles
            ],
            "overridden": [problem.shown() for problem in self.overridden],
            "payouts": self._payouts(),
            "holders": {
                role: {name: str(weight) for name, weight in held.items()}
                for role, held in self.settlement.held_by.items()
            },
            "events": _shown_events(inputs),
            "expenses": [each.number for each in inputs.expenses],
            "known": known.shown(),
            "stamp": self.stamp,
            "origins": {str(month): each.shown() for month, each in self.origins.items()},
        }

    def _payouts(self) -> list[dict[str, Any]]:
        figures = self.settlement.payouts
        names = dict(
            User.objects.filter(username__in=[each.username for each in figures]).values_list(
                "username", "name"
            )
        )
        return [
            {
                "username": each.username,
                "name": role_name(RESERVE)
                if each.username == RESERVE
                else names.get(each.username) or each.username,
                "earned": each.earned,
                "adjusted": each.adjusted,
                "carried_in": each.carried_in,
                "payable": each.payable,
                "carried_out": each.carried_out,
            }
            for each in figures
        ]

    @property
    def chained(self) -> Chained:
        """What the next month of a chain takes over."""
        return Chained(
            self.inputs.month,
            self.settlement.funds.closing,
            {
                each.username: each.carried_out
                for each in self.settlement.payouts
                if each.carried_out
            },
            (*self.earlier, *self.inputs.adjustments),
        )


def _shown_events(inputs: Inputs) -> list[dict[str, Any]]:
    """The events that count in the month, each with its evidence and who confirmed it."""
    numbers = [each.number for each in inputs.events if counts_in(each, inputs.month)]
    rows = KpiEvent.objects.filter(pk__in=numbers).select_related("confirmed_by")
    return [
        {
            "id": row.pk,
            "month": row.month,
            "rule": row.rule,
            "quantity": str(row.quantity),
            "note": row.note,
            "evidence": row.evidence,
            "evidence_url": row.evidence_url,
            "source": row.source,
            "confirmed_by": str(row.confirmed_by or ""),
            "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else "",
        }
        for row in rows.order_by("month", "rule", "pk")
    ]


def compute_month(
    month: Month, *, opening: Balances | None = None, after: Chained | None = None
) -> Calculation:
    """Compute a month from the data as it is now. Writes nothing.

    It opens with what the last approved month before it left, unless ``opening`` says otherwise
    or ``after``, the month before in a chain, is later than that.
    """
    gathered = gather(month, opening=opening, after=after)
    settlement = settle(gathered.inputs)
    overridden = {
        (each.code, each.campaign, each.store, each.subject)
        for each in ProblemOverride.objects.filter(month=str(month))
    }
    still_open: list[Problem] = []
    passed: list[Problem] = []
    for problem in settlement.problems:
        (passed if _key(problem) in overridden else still_open).append(problem)
    return Calculation(
        settlement,
        tuple(still_open),
        tuple(passed),
        gathered.stamp,
        gathered.origins,
        gathered.earlier,
    )


def compute_months(first: Month, until: Month) -> Iterator[Calculation]:
    """Month after month, each opening with what the one before closed with. Writes nothing."""
    after: Chained | None = None
    for month in first.through(until):
        calculation = compute_month(month, after=after)
        after = calculation.chained
        yield calculation


def calculate_month(*, month: Month, by: User | None, now: datetime) -> SettlementRun:
    """Compute a month and keep it as a run, a snapshot.

    Nothing changed since the last run (the same digest of inputs): that run is returned, with the
    moment at which it was found so. A month that was submitted, or is further on, is refused
    (Conflict).
    """
    require_open(month)
    calculation = compute_month(month)
    for _ in range(3):  # somebody else may take the same number at the same moment
        latest = SettlementRun.objects.filter(month=str(month)).order_by("-number").first()
        try:
            with transaction.atomic():
                if latest and latest.digest == calculation.digest:
                    run = latest
                    run.checked_at = now
                    run.save(update_fields=["checked_at"])
                else:
                    run = _keep_run(calculation, latest, by=by, now=now)
                note_calculated(run=run, by=by, now=now)
                return run
        except IntegrityError:
            continue
    raise Conflict(f"{month} 正由别人同时计算：请稍后再试。")


def override_problem(
    *,
    month: Month,
    code: str,
    campaign: str = "",
    store: str = "",
    subject: str = "",
    reason: str,
    by: User,
    now: datetime,
) -> ProblemOverride:
    """Let an open problem of the month pass, with the written reason (docs/rules.md §3).

    ``subject`` is the role or the article that the problem concerns. Only the general manager and
    the vice general manager may (NotAllowed); a problem that the month does not have is refused.
    """
    if not may_override(by):
        raise NotAllowed("只有总经理或副总经理可以放行问题：请交由他们处理。")
    if not reason.strip():
        raise Invalid("请写明放行的理由。")
    wanted = (code, campaign, store, subject)
    if wanted not in {_key(problem) for problem in compute_month(month).open_problems}:
        raise Conflict(f"{month} 没有这个待处理的问题，可能已经解决：请刷新页面。")
    with transaction.atomic():
        require_open(month)
        override, created = ProblemOverride.objects.get_or_create(
            month=str(month),
            code=code,
            campaign=campaign,
            store=store,
            subject=subject,
            defaults={"reason": reason.strip(), "overridden_by": by, "overridden_at": now},
        )
        if not created:
            raise Conflict("这个问题刚由别人放行了：请刷新页面。")
        audit.record(
            stream=STREAM,
            act="let_problem_pass",
            obj=override,
            object_name=f"{month_text(month)} {override.code}",
            by=by,
            now=now,
            details={"reason": override.reason, "problem": [code, campaign, store, subject]},
        )
    return override


def _key(problem: Problem) -> tuple[str, str, str, str]:
    return problem.code, problem.campaign, problem.store, problem.role or problem.article


def _keep_run(
    calculation: Calculation,
    latest: SettlementRun | None,
    *,
    by: User | None,
    now: datetime,
) -> SettlementRun:
    settlement = calculation.settlement
    return SettlementRun.objects.create(
        month=str(calculation.inputs.month),
        number=latest.number + 1 if latest else 1,
        policy_code=calculation.inputs.policy.code,
        policy=calculation.inputs.policy.document,
        digest=calculation.digest,
        pool=yuan(settlement.pool),
        margin_uplift=yuan(settlement.margin_uplift),
        open_problems=len(calculation.open_problems),
        document=calculation.document(),
        trace=calculation.trace(),
        calculated_at=now,
        calculated_by=by,
    )

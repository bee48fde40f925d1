"""What another policy would have given: any past months, beside what was calculated.

The same engine (evaluation, ``share_out``) on the data of now; nothing is posted, and nothing is
kept but the report itself. Amounts are fen; adjustments of earlier months and the funds' balances
stay out, so that a month's difference is the policy's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from campaigns.evaluation import campaigns_ending_in, evaluate_campaigns
from campaigns.models import Campaign
from content.models import Manuscript
from haitang.kernel.clock import Month
from haitang.kernel.money import fen
from haitang.policy.document import Policy, parse
from haitang.policy.selectors import policy_for
from incentives.calculation.adjustments import Line, amounts, amounts_of_document
from incentives.calculation.gathering import holdings_of
from incentives.calculation.origins import article_rows, articles_of, confirmed_events
from incentives.calculation.settlement import margins, share_out
from incentives.calculation.split import holders
from incentives.life.states import APPROVED as APPROVED_STATES
from incentives.models import Settlement
from incentives.selectors import latest_runs

Report = Callable[[int, int, str], None]

CALCULATED, APPROVED, PRESENT = "calculated", "approved", "present"


@dataclass(frozen=True)
class Figures:
    """A month by one policy; ``lines`` by role and username, withheld and reserve among them."""

    margin_uplift: int = 0
    pool: int = 0
    credited: int = 0
    fees: int = 0
    lines: Mapping[Line, int] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "margin_uplift": self.margin_uplift,
            "pool": self.pool,
            "credited": self.credited,
            "fees": self.fees,
            "lines": [[role, username, fen_] for (role, username), fen_ in self.lines.items()],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Figures:
        """What ``kept`` made."""
        lines = {(role, username): fen_ for role, username, fen_ in kept["lines"]}
        numbers = {key: value for key, value in kept.items() if key != "lines"}
        return cls(**numbers, lines=lines)


@dataclass(frozen=True)
class MonthTrial:
    """A month three times: as it stands, by its policy on the data of now, by the tried policy.

    ``source`` says what ``standing`` is: the approved figures, the last calculation, or, for a
    month never calculated, the same as ``present``.
    """

    month: Month
    source: str
    standing: Figures
    present: Figures
    tried: Figures

    @property
    def data_changed(self) -> bool:
        """Whether a part of the difference is the data's, not the policy's."""
        return self.standing != self.present

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "month": str(self.month),
            "source": self.source,
            "standing": self.standing.kept(),
            "present": self.present.kept(),
            "tried": self.tried.kept(),
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> MonthTrial:
        """What ``kept`` made."""
        return cls(
            Month.parse(kept["month"]),
            kept["source"],
            Figures.read(kept["standing"]),
            Figures.read(kept["present"]),
            Figures.read(kept["tried"]),
        )


def try_policy(
    policy: Policy, *, first: Month, until: Month, report: Report | None = None
) -> list[MonthTrial]:
    """The policy over the months from ``first`` to ``until``. Writes nothing.

    ``report`` hears how far it is: (months done, of how many, a note).
    """
    months = list(first.through(until))
    standing = _standing(months)
    found = []
    for number, month in enumerate(months):
        if report:
            report(number, len(months), f"正在算 {month}")
        found.append(_try_month(month, policy, standing.get(month)))
    if report:
        report(len(months), len(months), "")
    return found


def figures_by(policy: Policy, *, month: Month) -> Figures:
    """The month's figures by that policy on the data of now. Writes nothing."""
    campaigns = campaigns_ending_in(month).filter(status=Campaign.Status.COMPLETED)
    holdings = holdings_of(month)
    shared = share_out(
        month,
        policy=policy,
        margins=margins(evaluate_campaigns(campaigns, policy=policy)).values(),
        events=confirmed_events(
            Q(month=str(month)) | Q(month__startswith=f"{month.year - 1:04d}-")
        ),
        articles=articles_of(month, article_rows(month, month), policy),
        held_by={
            role: holders(role, month=month, holdings=holdings, policy=policy)
            for role in policy.team
        },
    )
    adopted = Manuscript.objects.filter(
        adopted_on__gte=month.first, adopted_on__lte=month.last
    ).values_list("author_kind", flat=True)
    return Figures(
        margin_uplift=shared.margin_uplift,
        pool=shared.pool,
        credited=policy.fund.monthly,
        fees=sum(policy.fund.fees[kind] for kind in adopted),
        lines=_without_nothing(amounts(shared.roles, policy)),
    )


def _try_month(month: Month, policy: Policy, standing: tuple[str, Figures] | None) -> MonthTrial:
    own = policy_for(month)
    present = figures_by(own, month=month)
    tried = present if _same(own, policy) else figures_by(policy, month=month)
    source, stands = standing or (PRESENT, present)
    if standing:
        stands = Figures(
            stands.margin_uplift, stands.pool, stands.credited, present.fees, stands.lines
        )
    return MonthTrial(month, source, stands, present, tried)


def _same(one: Policy, other: Policy) -> bool:
    """Whether two policies differ in their names and days only."""
    named = ("code", "valid_from")
    documents = (one.document, other.document)
    a, b = ({k: v for k, v in each.items() if k not in named} for each in documents)
    return a == b


def _standing(months: Sequence[Month]) -> dict[Month, tuple[str, Figures]]:
    """What stands for each month: the approved run, or else the last one. Two queries."""
    names = [str(month) for month in months]
    rows = latest_runs().filter(month__in=names).values_list("month", "document", "policy")
    found = {month: (CALCULATED, document, policy) for month, document, policy in rows}
    approved = Settlement.objects.filter(month__in=names, state__in=APPROVED_STATES)
    for month, document, policy in approved.values_list("month", "run__document", "run__policy"):
        found[month] = (APPROVED, document, policy)
    return {
        Month.parse(month): (source, figures_of_document(document, parse(policy)))
        for month, (source, document, policy) in found.items()
    }


def figures_of_document(document: Mapping[str, Any], policy: Policy) -> Figures:
    """What a run's frozen document says; its fees stay out, they carry older debts along."""
    return Figures(
        margin_uplift=fen(document["margin_uplift"]),
        pool=fen(document["pool"]),
        credited=fen(document["fund"]["credited"]),
        fees=0,
        lines=_without_nothing(amounts_of_document(document["roles"], policy)),
    )


def _without_nothing(lines: Mapping[Line, int]) -> dict[Line, int]:
    return {line: amount for line, amount in sorted(lines.items()) if amount}

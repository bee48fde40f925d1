"""Approved months whose inputs changed since: what changed, both figures, where it will land."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from haitang.kernel.clock import Month
from haitang.kernel.money import plain
from incentives.calculation.adjustments import WITHHELD, Adjustment, Change, Origin, changes
from incentives.calculation.adjustments import adjustments as deltas_of
from incentives.calculation.calculated import OPEN
from incentives.calculation.origins import Approved, approved_months, origins_of
from incentives.calculation.stamps import stamps
from incentives.models import Settlement


@dataclass(frozen=True)
class Settled:
    """What a later month already settled of it, in yuan."""

    month: Month
    amount: str


@dataclass(frozen=True)
class Discrepancy:
    """An approved month whose inputs are no longer what they were.

    Amounts in yuan, of the payees and the reserve together: ``approved`` then, ``recomputed`` on
    the data of now, ``open_delta`` what is still to be settled, line by line in ``lines``.
    """

    month: Month
    changes: Sequence[Change]
    approved: str
    recomputed: str
    settled: Sequence[Settled]
    open_delta: str
    lines: Sequence[Adjustment]
    lands_in: Month

    @property
    def is_settled(self) -> bool:
        """Nothing is left to settle: later months have it all."""
        return not self.lines


def discrepancies() -> list[Discrepancy]:
    """Every approved month that would come out differently now or whose inputs changed.

    Newest first. The number of queries does not grow with the months; only those whose sales may
    have changed are evaluated.
    """
    approved = approved_months()
    settled = [each for month in approved for each in month.adjustments]
    marks = stamps({each.month: each.policy for each in approved})
    origins = origins_of(approved, settled=settled, stamps=marks)
    frozen = {each.month: each for each in approved}
    landing = _landing(approved)
    found = []
    for origin in origins:
        changed = changes(frozen[origin.month].known, origin.now)
        lines = deltas_of([origin])
        if changed or lines:
            where = landing(origin.month)
            found.append(_discrepancy(origin, changed, lines, approved, where))
    return sorted(found, key=lambda each: each.month, reverse=True)


class _Landing:
    """The next open month behind a month: the first that nobody has submitted yet."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = frozenset(taken)

    def __call__(self, month: Month) -> Month:
        following = month.plus(1)
        while str(following) in self.taken:
            following = following.plus(1)
        return following


def _landing(approved: Sequence[Approved]) -> _Landing:
    if not approved:
        return _Landing(())
    return _Landing(Settlement.objects.exclude(state__in=OPEN).values_list("month", flat=True))


def _discrepancy(
    origin: Origin,
    changed: Sequence[Change],
    lines: Sequence[Adjustment],
    approved: Sequence[Approved],
    lands_in: Month,
) -> Discrepancy:
    settled: dict[Month, int] = defaultdict(int)
    for later in approved:
        for each in later.adjustments:
            if each.origin == origin.month and each.role != WITHHELD:
                settled[later.month] += each.delta
    return Discrepancy(
        month=origin.month,
        changes=changed,
        approved=plain(_paid(origin.approved)),
        recomputed=plain(_paid(origin.recomputed)),
        settled=[Settled(month, plain(amount)) for month, amount in sorted(settled.items())],
        open_delta=plain(sum(each.delta for each in lines if each.role != WITHHELD)),
        lines=lines,
        lands_in=lands_in,
    )


def _paid(amounts: Mapping[tuple[str, str], int]) -> int:
    return sum(amount for (role, _), amount in amounts.items() if role != WITHHELD)

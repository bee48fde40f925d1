"""Proposals and objections of a month that nobody decided yet: they hold it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haitang.kernel.clock import Month
from incentives.deductions.deducting import undecided_events
from incentives.deductions.objections import open_objections
from incentives.models import KpiEvent, Objection


@dataclass(frozen=True)
class Undecided:
    """What waits for an assessor."""

    proposals: Sequence[KpiEvent]
    objections: Sequence[Objection]

    @property
    def sentences(self) -> list[str]:
        """Why the month can neither be submitted nor approved, and what to do."""
        found = []
        if self.proposals:
            found.append(f"有 {len(self.proposals)} 条扣减待考核人确认：确认或免除之后再重新计算。")
        if self.objections:
            names = "、".join(dict.fromkeys(str(each.person) for each in self.objections))
            found.append(f"{names}的 {len(self.objections)} 条异议待书面答复：请考核人先答复。")
        return found


def undecided(month: Month) -> Undecided:
    """What waits in the month. Two queries."""
    return Undecided(undecided_events(month), open_objections(month))

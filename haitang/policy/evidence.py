"""What an app sees that a KPI rule speaks of; ``incentives.proposals`` collects it.

An app that has such evidence offers ``evidence(month)`` in its module ``evidence``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Evidence:
    """One thing seen about a rule in a month.

    ``key`` names it within rule and month, so that it is proposed once. Quantity 0 is a note for
    whoever scores, no proposal. ``url`` is a page of the product that shows it.
    """

    rule: str
    quantity: Fraction
    text: str
    key: str
    url: str = ""

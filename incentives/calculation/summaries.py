"""What lists, comparisons and the workbench read of a run, so that none opens its snapshots.

A run's document holds every store of every campaign and its trace every store-day: hundreds of
kilobytes that a database takes apart to answer with a few figures. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def summary_of(document: Mapping[str, Any], trace: Mapping[str, Any]) -> dict[str, Any]:
    """The roles, each campaign's ``margins`` in yuan, how many ``problems`` of each code.

    Beside that ``payouts``, ``holders`` and ``overridden`` as the trace has them; None where it is
    older.
    """
    return {
        "roles": document.get("roles", []),
        "margins": {
            each["code"]: each["uplift"]["margin"] for each in document.get("campaigns", [])
        },
        "problems": Counter(each["code"] for each in document.get("problems", [])),
        "payouts": trace.get("payouts"),
        "holders": trace.get("holders"),
        "overridden": trace.get("overridden"),
    }

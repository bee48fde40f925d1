"""Two policies compared, field by field and in words: «文案编辑的系数由 0.10 改为 0.12». Pure.

Either document may be a draft as typed, so a value may be no number at all; it is then shown as
it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from haitang.kernel.display import fen_text, number, percent
from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact, shortest
from haitang.policy.document import COMPARATOR_NAMES
from haitang.policy.names import Path, field_name, paths, value_at
from haitang.policy.options import OPTIONS


@dataclass(frozen=True)
class Change:
    """A field that differs, with both values as people read them."""

    path: Path
    name: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """``文案编辑的系数由 0.10 改为 0.12。``"""
        if self.path[0] == "options":
            return f"{self.name}改为“{self.after}”。"
        return f"{self.name}由 {self.before} 改为 {self.after}。"

    def recorded(self) -> dict[str, str]:
        """As the audit trail keeps it."""
        return {
            "path": ".".join(self.path),
            "field": self.name,
            "before": self.before,
            "after": self.after,
        }


def compare(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """The fields of two whole documents that differ; ``0.2`` and ``0.20`` do not."""
    found = []
    for path in paths():
        old, new = value_at(was, path), value_at(now, path)
        if not _same(old, new, path):
            found.append(Change(path, field_name(path), shown(path, old), shown(path, new)))
    return found


def shown(path: Path, value: Any) -> str:
    """A value as people read it: ``5%``, ``0.10``, ``¥200.00``, an option's meaning."""
    if path[0] == "options":
        meanings = {str(key).lower(): text for key, text in OPTIONS[path[1]].meanings.items()}
        return meanings.get(str(value).lower(), str(value))
    if path[0] == "comparators":
        return f"“{dict(COMPARATOR_NAMES).get(value, str(value))}”"
    if path[0] == "member_days":
        return _days(value)
    try:
        return _number(path, exact(value))
    except (Invalid, TypeError):
        return f"“{value}”"


def _number(path: Path, value: Fraction) -> str:
    if path[0] == "coefficients":
        return _decimal(value) or str(value)
    if path[0] in ("pool_rate", "rules") or path[-1] == "growth":
        return percent(value) if _decimal(value * 100) else str(value)
    if path[0] == "fund" and path[-1] != "annual_fee_month":
        amount = value * 100
        return fen_text(int(amount)) if amount.denominator == 1 else f"¥{_decimal(value) or value}"
    return str(value) if path[-1] == "base_year" else number(value)


def _decimal(value: Fraction) -> str:
    """The exact decimal of two places or more; empty for 1/3."""
    text = shortest(value, least=2)
    return text if exact(text) == value else ""


def _days(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return f"“{value}”"
    return "、".join(str(day) for day in value) + " 日" if value else "没有"


def _same(old: object, new: object, path: Path) -> bool:
    if old == new:
        return True
    if path[0] == "options":
        return str(old).lower() == str(new).lower()
    if path[0] == "comparators":
        return False
    try:
        if isinstance(old, list) and isinstance(new, list | tuple):
            return {exact(each) for each in old} == {exact(each) for each in new}
        return exact(old) == exact(new)
    except (Invalid, TypeError):
        return False

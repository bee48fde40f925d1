"""The year's overview: twelve months by role and by person, as tables and charts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.money import fen, yuan
from haitang.policy.document import RESERVE
from incentives.ledger.chart import RESERVE_PAYEE
from incentives.secrecy import Sight
from incentives.wording import role_name

MONTHS = 12
_TONES = 8
OTHERS = "其他"


@dataclass(frozen=True)
class MonthFacts:
    """What the overview takes of one month; amounts in fen.

    ``persons`` are (name, fen) by user name; ``state`` is in words.
    """

    month: Month
    state: str
    is_approved: bool
    pool: int
    roles: Mapping[str, int]
    persons: Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Line:
    """One role, person or the pool: an amount a month (None: nothing then) and their sum."""

    key: str
    name: str
    amounts: tuple[int | None, ...]

    @property
    def total(self) -> int:
        return sum(amount or 0 for amount in self.amounts)


@dataclass(frozen=True)
class Overview:
    """Twelve months up to ``months[-1]``."""

    months: tuple[Month, ...]
    facts: tuple[MonthFacts | None, ...]
    pool: Line
    roles: tuple[Line, ...]
    persons: tuple[Line, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.facts)


def span(last: Month) -> tuple[Month, ...]:
    """The twelve months that end with ``last``, oldest first."""
    return tuple(last.plus(-MONTHS + 1).through(last))


def overview(found: Sequence[MonthFacts], *, last: Month, sight: Sight) -> Overview:
    """The twelve months up to ``last``: everybody's, or the reserve and the own line alone."""
    months = span(last)
    known = {each.month: each for each in found}
    facts = tuple(known.get(month) for month in months)
    roles, persons = _lines(facts, lambda each: each.roles, role_name), _persons(facts)
    if not sight.everything:
        roles = tuple(line for line in roles if line.key == RESERVE)
        persons = tuple(line for line in persons if line.key == sight.username)
    return Overview(
        months=months,
        facts=facts,
        pool=Line("pool", "提成池", tuple(each.pool if each else None for each in facts)),
        roles=roles,
        persons=persons,
    )


def facts_of(
    *,
    month: Month,
    state: str,
    is_approved: bool,
    document_roles: Sequence[Mapping[str, Any]],
    pool: object,
    payouts: Sequence[Mapping[str, Any]],
) -> MonthFacts:
    """One month out of its run: what each role was paid, what each person is to get."""
    return MonthFacts(
        month=month,
        state=state,
        is_approved=is_approved,
        pool=fen(pool),
        roles={role["role"]: fen(role["payable"]) for role in document_roles},
        persons={
            each["username"]: (each["name"], each["payable"])
            for each in payouts
            if each["username"] != RESERVE_PAYEE
        },
    )


def chart(view: Overview, lines: Sequence[Line]) -> dict[str, Any]:
    """Stacked bars of the lines, a month each; a bar leads to its month. Eight tones at most:
    further lines, the smallest ones, are put together."""
    shown = list(lines)
    if len(shown) > _TONES:
        shown.sort(key=lambda line: -line.total)
        rest = shown[_TONES - 1 :]
        sums = tuple(sum(line.amounts[at] or 0 for line in rest) for at in range(len(view.months)))
        shown = [*shown[: _TONES - 1], Line("", f"{OTHERS} {len(rest)} 人", sums)]
    return {
        "categories": [f"{month.month}月" for month in view.months],
        "series": [
            {
                "name": line.name,
                "tone": f"share-{place}",
                "values": [None if each is None else str(yuan(each)) for each in line.amounts],
            }
            for place, line in enumerate(shown, start=1)
        ],
        "stack": True,
        "links": _links(view),
    }


def pool_chart(view: Overview) -> dict[str, Any]:
    """The months' pools as bars."""
    values = [None if each is None else str(yuan(each)) for each in view.pool.amounts]
    return {
        "categories": [f"{month.month}月" for month in view.months],
        "series": [{"name": "提成池", "tone": "accent", "values": values}],
        "links": _links(view),
    }


def table(view: Overview) -> tuple[list[str], list[list[str | Decimal | None]]]:
    """Columns and rows to take along: the pool, the roles, the persons."""
    columns = ["种类", "名称", *(str(month) for month in view.months), "合计"]
    rows: list[list[str | Decimal | None]] = [
        ["状态", "", *(each.state if each else "" for each in view.facts), ""]
    ]
    for kind, lines in (("提成池", [view.pool]), ("岗位", view.roles), ("个人", view.persons)):
        rows += [
            [
                kind,
                line.name,
                *(None if amount is None else yuan(amount) for amount in line.amounts),
                yuan(line.total),
            ]
            for line in lines
        ]
    return columns, rows


def title(view: Overview) -> str:
    """``2025年11月至2026年10月``."""
    return f"{month_text(view.months[0])}至{month_text(view.months[-1])}"


def _links(view: Overview) -> list[str]:
    return [
        f"/months/{month}/" if each else ""
        for month, each in zip(view.months, view.facts, strict=True)
    ]


def _lines(
    facts: Sequence[MonthFacts | None],
    amounts_of: Callable[[MonthFacts], Mapping[str, int]],
    name_of: Callable[[str], str],
) -> tuple[Line, ...]:
    keys = dict.fromkeys(key for each in facts if each for key in amounts_of(each))
    return tuple(
        Line(
            key, name_of(key), tuple(amounts_of(each).get(key) if each else None for each in facts)
        )
        for key in keys
    )


def _persons(facts: Sequence[MonthFacts | None]) -> tuple[Line, ...]:
    """By name; a person is known by the newest name."""
    names = {key: name for each in facts if each for key, (name, _) in each.persons.items()}
    lines = _lines(
        facts,
        lambda each: {key: amount for key, (_, amount) in each.persons.items()},
        lambda key: names[key] or key,
    )
    return tuple(sorted(lines, key=lambda line: (-line.total, line.key)))

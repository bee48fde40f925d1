"""A trial side by side: per month, per role, per person, with differences and totals. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from haitang.kernel.clock import Month
from haitang.kernel.display import month_text
from haitang.kernel.money import plain, yuan
from haitang.kernel.sheets import Cell
from haitang.policy.document import RESERVE, ROLE_NAMES
from incentives.calculation.adjustments import WITHHELD, Line
from incentives.secrecy import Sight
from incentives.whatif.whatif import APPROVED, CALCULATED, PRESENT, Figures, MonthTrial

WITHHELD_NAME = "留在公司的扣减"
SOURCES = {APPROVED: "已批准", CALCULATED: "已计算", PRESENT: "按现在的数据"}
SHEET_COLUMNS = ("月份", "岗位", "人员", "现有", "试算", "差额", "现有的来源")


@dataclass(frozen=True)
class Pair:
    """Two amounts side by side, in fen."""

    name: str
    standing: int
    tried: int

    @property
    def difference(self) -> int:
        return self.tried - self.standing


@dataclass(frozen=True)
class MonthView:
    """A month of the report."""

    month: Month
    source: str
    pool: Pair
    paid: Pair
    reserve: Pair
    withheld: Pair
    lines: tuple[Pair, ...]
    from_data: int
    data_changed: bool


@dataclass(frozen=True)
class Report:
    """The whole report; ``pairs`` are the totals that stand on top."""

    months: tuple[MonthView, ...]
    pairs: tuple[Pair, ...]
    roles: tuple[Pair, ...]
    people: tuple[Pair, ...]
    fund: tuple[Pair, ...]

    @property
    def pool(self) -> Pair:
        return self.pairs[0]


def report(months: Sequence[MonthTrial], people: Mapping[str, str]) -> Report:
    """The report; ``people`` names those who get something, by username."""
    views = tuple(_month(each, people) for each in months)
    return Report(
        months=views,
        pairs=(
            _total("提成池", (each.pool for each in views)),
            _total("七个岗位实发", (each.paid for each in views)),
            _total("团队公费", (each.reserve for each in views)),
            _total(WITHHELD_NAME, (each.withheld for each in views)),
        ),
        roles=_grouped(months, lambda line: line[0], role_name),
        people=_grouped(
            months,
            lambda line: line[1],
            lambda username: people.get(username, username),
        ),
        fund=(
            _sum("日常维持资金注资", months, lambda figures: figures.credited),
            _sum("当月录用稿件的稿酬", months, lambda figures: figures.fees),
        ),
    )


def is_same(months: Iterable[MonthTrial]) -> bool:
    """Whether nobody's amount differs in any month."""
    return all(each.standing.lines == each.tried.lines for each in months)


def seen_by(sight: Sight, months: Sequence[MonthTrial]) -> list[MonthTrial]:
    """The trials with everybody's lines, or with the own ones and the reserve's alone."""
    if sight.everything:
        return list(months)

    def own(figures: Figures) -> Figures:
        kept = {
            line: amount
            for line, amount in figures.lines.items()
            if line[0] == RESERVE or line[1] == sight.username
        }
        return replace(figures, lines=kept)

    return [
        replace(each, standing=own(each.standing), present=own(each.present), tried=own(each.tried))
        for each in months
    ]


def role_name(code: str) -> str:
    """A role's name; what the company keeps is among them."""
    return WITHHELD_NAME if code == WITHHELD else ROLE_NAMES.get(code, code)


def usernames(months: Iterable[MonthTrial]) -> set[str]:
    """Everybody who gets something in one way or the other."""
    return {
        username
        for each in months
        for figures in (each.standing, each.tried)
        for _, username in figures.lines
        if username
    }


def pools_chart(view: Report) -> dict[str, Any]:
    """The pools of each month, as they stand and as tried."""
    return _chart(
        [month_text(each.month) for each in view.months], [each.pool for each in view.months]
    )


def roles_chart(view: Report) -> dict[str, Any]:
    """What each role gets over all the months, as it stands and as tried."""
    return {**_chart([each.name for each in view.roles], view.roles), "horizontal": True}


def sheet_rows(months: Sequence[MonthTrial], people: Mapping[str, str]) -> list[list[Cell]]:
    """Month by month every line; at the end the totals."""
    rows: list[list[Cell]] = []
    for each in months:
        for role, username in _lines(each):
            standing = each.standing.lines.get((role, username), 0)
            tried = each.tried.lines.get((role, username), 0)
            name = people.get(username, username)
            rows.append(
                [
                    str(each.month),
                    role_name(role),
                    name,
                    *_cells(standing, tried),
                    SOURCES[each.source],
                ]
            )
    pools = _sum("提成池", months, lambda figures: figures.pool)
    rows.append(["合计", "", "", *_cells(pools.standing, pools.tried), ""])
    return rows


def _cells(standing: int, tried: int) -> list[Cell]:
    return [yuan(standing), yuan(tried), yuan(tried - standing)]


def _chart(categories: list[str], pairs: Sequence[Pair]) -> dict[str, Any]:
    return {
        "categories": categories,
        "series": [
            {"name": "现有", "tone": "share-4", "values": [plain(each.standing) for each in pairs]},
            {"name": "试算", "tone": "accent", "values": [plain(each.tried) for each in pairs]},
        ],
    }


def _month(trial: MonthTrial, people: Mapping[str, str]) -> MonthView:
    standing, tried = trial.standing, trial.tried
    return MonthView(
        month=trial.month,
        source=SOURCES[trial.source],
        pool=Pair("提成池", standing.pool, tried.pool),
        paid=Pair("七个岗位实发", _paid(standing), _paid(tried)),
        reserve=_pair(trial, (RESERVE, "")),
        withheld=_pair(trial, (WITHHELD, "")),
        lines=tuple(
            Pair(
                f"{role_name(line[0])}：{people.get(line[1], line[1])}"
                if line[1]
                else role_name(line[0]),
                standing.lines.get(line, 0),
                tried.lines.get(line, 0),
            )
            for line in _lines(trial)
        ),
        from_data=trial.present.pool - standing.pool,
        data_changed=trial.data_changed,
    )


def _pair(trial: MonthTrial, line: Line) -> Pair:
    name = role_name(line[0])
    return Pair(name, trial.standing.lines.get(line, 0), trial.tried.lines.get(line, 0))


def _paid(figures: Figures) -> int:
    return sum(amount for (_, username), amount in figures.lines.items() if username)


def _lines(trial: MonthTrial) -> list[Line]:
    """Every line of the month, in the table's order of the roles."""
    order = {code: index for index, code in enumerate((*ROLE_NAMES, WITHHELD))}
    lines = {*trial.standing.lines, *trial.tried.lines}
    return sorted(lines, key=lambda line: (order[line[0]], line[1]))


def _grouped(
    months: Sequence[MonthTrial], key: Callable[[Line], str], name: Callable[[str], str]
) -> tuple[Pair, ...]:
    """The lines summed by what ``key`` says of them; those without a key are left out."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in months:
        for line in _lines(each):
            if key(line):
                sums[key(line)][0] += each.standing.lines.get(line, 0)
                sums[key(line)][1] += each.tried.lines.get(line, 0)
    order = {code: index for index, code in enumerate((*ROLE_NAMES, WITHHELD))}
    found = sorted(sums, key=lambda code: (order.get(code, len(order)), name(code)))
    return tuple(Pair(name(code), *sums[code]) for code in found)


def _total(name: str, pairs: Iterable[Pair]) -> Pair:
    kept = list(pairs)
    return Pair(name, sum(each.standing for each in kept), sum(each.tried for each in kept))


def _sum(name: str, months: Sequence[MonthTrial], part: Callable[[Figures], int]) -> Pair:
    return Pair(
        name, sum(part(each.standing) for each in months), sum(part(each.tried) for each in months)
    )

"""What changed since the month before, in sentences for who approves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from haitang.kernel.clock import Month
from haitang.kernel.display import fen_text, percent
from haitang.kernel.money import fen
from haitang.kernel.prepared import prepared
from incentives.models import SettlementRun
from incentives.wording import role_name


@dataclass(frozen=True)
class Snapshot:
    """The figures of a run that are compared, in fen; payouts by username with the name."""

    month: Month
    pool: int
    uplift: int
    campaigns: Mapping[str, int]
    withheld: Mapping[str, int]
    payouts: Mapping[str, tuple[str, int]]

    @property
    def payable(self) -> int:
        """What persons get together."""
        return sum(amount for _, amount in self.payouts.values())


def snapshots(ids: Sequence[int]) -> dict[int, Snapshot]:
    """The runs' figures, out of their summaries. One query."""
    given = {f"run_{place}": pk for place, pk in enumerate(ids)}
    return {row[0]: _snapshot(*row[1:]) for row in _rows(**given)}


@prepared
def _rows(**ids: Any) -> QuerySet[Any, tuple[Any, ...]]:
    columns = ("pk", "month", "pool", "margin_uplift", "summary")
    return SettlementRun.objects.filter(pk__in=list(ids.values())).values_list(*columns)


def _snapshot(month: str, pool: object, uplift: object, summary: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        month=Month.parse(month),
        pool=fen(pool),
        uplift=fen(uplift),
        campaigns={code: fen(margin) for code, margin in summary["margins"].items()},
        withheld={role["role"]: fen(role["withheld"]) for role in summary["roles"]},
        payouts={
            row["username"]: (row["name"], row["payable"])
            for row in summary["payouts"] or ()
            if row["username"] != "reserve"
        },
    )


def changes(
    now: Snapshot, before: Snapshot | None, *, titles: Mapping[str, str], with_people: bool
) -> list[str]:
    """One sentence each about pool, uplift and campaigns; ``with_people`` deductions and people.

    A role's deductions are its holder's, so both are for who may see everybody's amounts.
    """
    if before is None:
        return [
            f"上个月（{now.month.plus(-1).month}月）没有计算，没有可以比较的数字。",
            f"本月提成池 {fen_text(now.pool)}，毛利增加值 {fen_text(now.uplift)}，"
            f"活动 {len(now.campaigns)} 场。",
            *([_people(now, None)] if with_people and now.payouts else []),
        ]
    found = [_pool(now, before), _uplift(now, before, titles)]
    if with_people:
        found.append(_deductions(now, before))
    if with_people and now.payouts:
        found.append(_people(now, before.payouts))
    return found


def _pool(now: Snapshot, before: Snapshot) -> str:
    change = now.pool - before.pool
    share = f"（{_signed_percent(change, before.pool)}）" if before.pool and change else ""
    return (
        f"提成池 {fen_text(now.pool)}，{_than(before)}（{fen_text(before.pool)}）"
        f"{_more(change)}{share}。"
    )


def _uplift(now: Snapshot, before: Snapshot, titles: Mapping[str, str]) -> str:
    said = (
        f"毛利增加值 {fen_text(now.uplift)}，{_than(before)}{_more(now.uplift - before.uplift)}；"
        f"活动 {len(now.campaigns)} 场（上月 {len(before.campaigns)} 场）"
    )
    if now.campaigns:
        best = max(sorted(now.campaigns), key=lambda code: now.campaigns[code])
        verb = "增加" if now.campaigns[best] >= 0 else "为"
        which = "最多的" if len(now.campaigns) > 1 else ""
        said += f"，{which}“{titles.get(best, best)}”{verb} {fen_text(now.campaigns[best])}"
    below = [code for code, margin in sorted(now.campaigns.items()) if margin < 0]
    if len(now.campaigns) == 1 and below:
        said += "，比基准少"
    elif below:
        said += (
            f"，{len(below)} 场比基准少（{'、'.join(titles.get(each, each) for each in below)}）"
        )
    return f"{said}。"


def _deductions(now: Snapshot, before: Snapshot) -> str:
    total, earlier = sum(now.withheld.values()), sum(before.withheld.values())
    said = f"扣减合计 {fen_text(total)}，上月 {fen_text(earlier)}"
    moved = [
        f"{role_name(role)} {fen_text(now.withheld.get(role, 0))}"
        f"（上月 {fen_text(before.withheld.get(role, 0))}）"
        for role in now.withheld
        if now.withheld.get(role, 0) != before.withheld.get(role, 0)
    ]
    return f"{said}：{'、'.join(moved)}。" if moved else f"{said}。"


def _people(now: Snapshot, before: Mapping[str, tuple[str, int]] | None) -> str:
    """Everybody's amount, the largest change first; without a month before just the amounts."""
    earlier = before or {}
    moved = {name: each[1] - earlier.get(name, ("", 0))[1] for name, each in now.payouts.items()}
    parts = []
    for name in sorted(moved, key=lambda name: (-abs(moved[name]), name)):
        shown, amount = now.payouts[name]
        change = _more(moved[name]) if name in earlier else "上月没有"
        parts.append(f"{shown} {fen_text(amount)}" + ("" if before is None else f"（{change}）"))
    gone = sorted(earlier.keys() - now.payouts.keys())
    parts += [f"{earlier[name][0]} 本月没有（上月 {fen_text(earlier[name][1])}）" for name in gone]
    return f"个人应付：{'、'.join(parts)}。"


def _than(before: Snapshot) -> str:
    return f"比{before.month.month}月"


def _more(change: int) -> str:
    if not change:
        return "持平"
    return f"{'多' if change > 0 else '少'} {fen_text(abs(change))}"


def _signed_percent(change: int, of: int) -> str:
    text = percent(Fraction(change, of), 1)
    return f"+{text}" if change > 0 else text

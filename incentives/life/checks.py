"""What a month still lacks before it can be submitted, as a list that somebody can work off.

The list is the last calculation's problems by kind, the proposals and objections that nobody
decided yet, and whether the data changed since (``is_current``, which computes the month and takes
its time).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from haitang.kernel.addresses import address
from haitang.kernel.clock import Month
from haitang.kernel.prepared import prepared
from incentives import wording
from incentives.calculation.services import compute_month
from incentives.life.undecided import Undecided
from incentives.models import ReserveExpense, SettlementRun

Row = Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """One line: in order or not, the sentence, and what to do about it."""

    is_done: bool
    sentence: str
    why: str = ""
    link: str = ""
    warns: bool = False  # to be known, but nothing that holds the month up


# What is asked; the problems that speak against it; what it says when there are none.
_KINDS: tuple[tuple[str, frozenset[str], str], ...] = (
    (
        "活动日的销售和基准日",
        frozenset(
            {
                "missing_campaign_sales",
                "insufficient_baseline",
                "overlapping_campaigns",
                "calendar_missing",
            }
        ),
        "活动日的销售和基准日齐全",
    ),
    ("没有完结的活动", frozenset({"campaign_open"}), "本月的活动都已完成或取消"),
    ("没有关联推文的活动", frozenset({"no_article"}), "每场活动都有推文"),
    ("没有阅读量的推文", frozenset({"reads_missing"}), "推文 7 天的阅读量齐全"),
    ("没有人任职的岗位", frozenset({"no_holder"}), "七个岗位都有人任职"),
)
_KNOWN = frozenset[str]().union(*(codes for _, codes, _ in _KINDS))


def checks(
    run: SettlementRun,
    *,
    problems: Iterable[Row],
    passed: Iterable[Row],
    waiting: Undecided | None,
    with_rules: bool = True,
) -> list[Check]:
    """The list of a run; ``passed`` are the problems that a manager let pass. One query.

    ``waiting`` is what nobody decided yet, asked of the latest run only.

    ``with_rules`` names the rules of the deductions that wait, not only how many there are.
    """
    still_open = list(problems)
    let_pass = Counter(row["code"] for row in passed)
    found = [
        _kind(name, codes, good, problems=still_open, passed=let_pass)
        for name, codes, good in _KINDS
    ]
    if others := [row for row in still_open if row["code"] not in _KNOWN]:
        found.append(Check(False, f"其他问题 {len(others)} 个", link="#problems"))
    if waiting:
        found.append(_proposals(waiting, with_rules=with_rules))
        found.append(_objections(waiting))
        if asked := _requests(Month.parse(run.month)):
            found.append(asked)
    return found


def is_current(run: SettlementRun) -> bool:
    """Whether calculating again now would find the same inputs (the same digest)."""
    return compute_month(Month.parse(run.month)).digest == run.digest


def _kind(
    name: str,
    codes: frozenset[str],
    good: str,
    *,
    problems: Iterable[Row],
    passed: Mapping[str, int],
) -> Check:
    against = sum(row["code"] in codes for row in problems)
    waved = sum(number for code, number in passed.items() if code in codes)
    allowed = f"{waved} 个问题已由管理层写明理由放行" if waved else ""
    if against:
        return Check(False, f"{name}：{against} 个问题", why=allowed, link="#problems")
    return Check(True, good if not waved else f"{name}：已放行", why=allowed)


def _requests(month: Month) -> Check | None:
    """Expenses of the month that nobody decided: a warning, for the rules do not wait for them."""
    number = len(_requested(first=month.first, last=month.last))
    if not number:
        return None
    return Check(
        True,
        f"{number} 笔公费申请还没有批准",
        why="不妨碍提交：批准了的才计入。本月提交之后就不能再批：到时由申请人写到下个月重新申请。",
        link=f"{address('expenses')}?state=requested&month={month}",
        warns=True,
    )


@prepared
def _requested(*, first: Any, last: Any) -> QuerySet[ReserveExpense, int]:
    asked = ReserveExpense.objects.filter(state=ReserveExpense.State.REQUESTED)
    return asked.filter(date__gte=first, date__lte=last).values_list("pk", flat=True)


def _proposals(waiting: Undecided, *, with_rules: bool) -> Check:
    rules = sorted(each.rule for each in waiting.proposals)
    if not rules:
        return Check(True, "没有待确认的扣减")
    shown = "；".join(
        f"{wording.rule_text(rule)}（{number} 条）" for rule, number in Counter(rules).items()
    )
    return Check(
        False,
        f"{len(rules)} 条扣减待考核人确认",
        why=f"{f'{shown}。' if with_rules else ''}确认或免除之后再重新计算；待确认的不计入。",
    )


def _objections(waiting: Undecided) -> Check:
    number = len(waiting.objections)
    if not number:
        return Check(True, "没有待答复的异议")
    return Check(
        False, f"{number} 条异议待书面答复", why="请考核人先答复；扣减有更改的，再重新计算。"
    )

"""What changed since the month before, in words; no database."""

from __future__ import annotations

from dataclasses import replace

from haitang.kernel.clock import Month
from incentives.life.comparison import Snapshot, changes

BEFORE = Snapshot(
    month=Month(2026, 9),
    pool=100_000,
    uplift=500_000,
    campaigns={"C1": 500_000},
    withheld={"planner": 0, "copy": 1_000},
    payouts={"liu": ("刘思远", 15_000), "zhu": ("朱文静", 9_000)},
)
NOW = Snapshot(
    month=Month(2026, 10),
    pool=120_000,
    uplift=600_000,
    campaigns={"C2": 700_000, "C3": -100_000},
    withheld={"planner": 1_800, "copy": 1_000},
    payouts={"liu": ("刘思远", 16_200), "wang": ("王芳", 9_000)},
)
TITLES = {"C2": "会员日", "C3": "周末惠"}


def told(now: Snapshot = NOW, before: Snapshot | None = BEFORE, *, people: bool = True) -> str:
    return "\n".join(changes(now, before, titles=TITLES, with_people=people))


def test_every_part_is_told() -> None:
    assert told().splitlines() == [
        "提成池 ¥1,200.00，比9月（¥1,000.00）多 ¥200.00（+20%）。",
        "毛利增加值 ¥6,000.00，比9月多 ¥1,000.00；活动 2 场（上月 1 场），"
        "最多的“会员日”增加 ¥7,000.00，1 场比基准少（周末惠）。",
        "扣减合计 ¥28.00，上月 ¥10.00：总策划 ¥18.00（上月 ¥0.00）。",
        "个人应付：王芳 ¥90.00（上月没有）、刘思远 ¥162.00（多 ¥12.00）、"
        "朱文静 本月没有（上月 ¥90.00）。",
    ]


def test_only_campaign_is_named_once() -> None:
    alone = replace(NOW, uplift=-100_000, campaigns={"C3": -100_000})
    assert "活动 1 场（上月 1 场），“周末惠”为 −¥1,000.00，比基准少。" in told(alone)


def test_amounts_of_persons_are_left_out_for_who_may_not_see_them() -> None:
    assert "刘思远" not in told(people=False)


def test_same_pool_is_level_and_a_pool_after_none_has_no_percentage() -> None:
    assert "比9月（¥1,200.00）持平。" in told(before=replace(BEFORE, pool=120_000))
    assert "比9月（¥0.00）多 ¥1,200.00。" in told(before=replace(BEFORE, pool=0))
    assert "少 ¥800.00（−40%）" in told(before=replace(BEFORE, pool=200_000))


def test_month_without_one_before_says_so() -> None:
    said = told(before=None)
    assert "上个月（9月）没有计算" in said
    assert "个人应付：刘思远 ¥162.00、王芳 ¥90.00。" in said

"""The payout table: aligned for a terminal, complete, in Chinese."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from incentives.reports.payout_table import aligned, payout_table, width


def _role(role: str, coefficient: str, gross: str, withheld: str, payable: str) -> dict[str, Any]:
    return {
        "role": role,
        "coefficient": coefficient,
        "gross": gross,
        "annual": "0.000000",
        "monthly": "0.000000",
        "deductions": [],
        "payable": payable,
        "withheld": withheld,
        "payees": [{"username": role, "amount": payable}],
    }


METRICS = {"customers": "10.00", "units": "1.00", "amount": "9.00", "item_units": "0.00"}
DOCUMENT: dict[str, Any] = {
    "month": "2026-09",
    "policy": "公众号运营方案",
    "margin_uplift": "12345.67",
    "pool": "2469.13",
    "campaigns": [
        {
            "code": "HD13",
            "scale": "large",
            "kind": "weekend",
            "comparator": "year_on_year",
            "actual": {**METRICS, "margin": "22345.67"},
            "baseline": {**METRICS, "margin": "10000.00"},
            "uplift": {**METRICS, "margin": "12345.67"},
            "stores": [],
            "left_out": [{"store": "H12", "reason": "not_comparable"}],
        }
    ],
    "team": {
        "shortfall": "0.120009",
        "reads": [
            {
                "category": "campaign",
                "target": 12899,
                "mean": "11351.00",
                "shortfall": "0.120009",
            }
        ],
    },
    "roles": [
        {
            **_role("planner", "0.15", "370.37", "60.74", "309.63"),
            "monthly": "0.050000",
            "deductions": [{"rule": "planner.assessment", "quantity": "5", "rate": "0.01"}],
        },
        {
            **_role("art", "0.65", "1604.93", "0.00", "1604.93"),
            "payees": [
                {"username": "sunyu", "amount": "604.93"},
                {"username": "zhangyixin", "amount": "1000.00"},
            ],
        },
        {**_role("reserve", "0.20", "493.83", "0.00", "493.83"), "payees": []},
    ],
    "fund": {
        "opening": "0.00",
        "credited": "2000.00",
        "annual_fee": "0.00",
        "fees": [
            {
                "manuscript": "GJ1",
                "kind": "customer",
                "fee": "200.00",
                "from_fund": "120.00",
                "from_reserve": "30.00",
                "outstanding": "50.00",
            }
        ],
        "closing": "1880.00",
    },
    "reserve": {
        "opening": "0.00",
        "credited": "493.83",
        "expenses": [
            {"date": "2026-09-09", "kind": "team", "amount": "80.00", "paid": False},
            {"date": "2026-09-10", "kind": "paid_service", "amount": "20.00", "paid": True},
        ],
        "spent": "50.00",
        "closing": "443.83",
    },
    "problems": [],
}


def test_width_counts_han_and_full_width_marks_twice() -> None:
    assert width("总策划") == 6
    assert width("（a）") == 5
    assert width("0.15 ¥") == 6


def test_aligned_columns_begin_and_end_at_the_same_place() -> None:
    lines = aligned(
        [["角色", "应发"], ["信息部对接人", "5"], ["x", "1,000.00"]], right=frozenset({1})
    )
    assert lines == [
        "角色              应发",
        "信息部对接人         5",
        "x             1,000.00",
    ]
    assert {width(line) for line in lines} == {22}


def test_payout_table_roles_whole() -> None:
    people = {"planner": "刘思远", "sunyu": "孙宇", "zhangyixin": "张艺馨"}
    rule = "─" * 71
    assert payout_table(DOCUMENT, people=people).split("\n")[:10] == [
        "2026-09 结算（制度：公众号运营方案）",
        "毛利增加值 12,345.67 元，提成池 2,469.13 元",
        "",
        "角色      系数      应发   扣减      实发  领取人",
        rule,
        "总策划    0.15    370.37  60.74    309.63  刘思远 309.63",
        "美工      0.65  1,604.93   0.00  1,604.93  孙宇 604.93、张艺馨 1,000.00",
        "团队公费  0.20    493.83   0.00    493.83  （记入团队公费）",
        rule,
        "合计      1.00  2,469.13  60.74  2,408.39",
    ]


def test_payout_table_says_why_and_from_where() -> None:
    text = payout_table(
        DOCUMENT, campaigns={"HD13": "金秋健康礼遇季"}, stores={"H12": "高铁新城店"}
    )
    for part in (
        "扣减由来（阅读不足，各岗位一并扣 12.00%）",
        "专题活动文章阅读：目标 12,899，平均 11,351.00，不足 12.00%",
        "总策划（月度）：5 百分点 × 0.01，每月策划一场线上线下联动主题活动，总经理考核",
        "HD13  金秋健康礼遇季  大型周末  与上年同期比较  22,345.67  10,000.00  12,345.67     10.00",
        "HD13 未计入 H12 高铁新城店：不是可比店",
        "日常维持资金  0.00  2,000.00  0.00  120.00            1,880.00",
        "团队公费      0.00    493.83         30.00     20.00    443.83",
        "稿酬 GJ1（客户）200.00 元，尚欠 50.00 元",
        "支出 2026-09-09 团队公费 80.00 元，余额不足，没有支付",
        "支出 2026-09-10 付费网络服务 20.00 元",
        "没有待处理的问题，可以提交。",
    ):
        assert part in text


def test_payout_table_lists_problems_with_their_cures() -> None:
    document = deepcopy(DOCUMENT)
    document["problems"] = [
        {"code": "missing_campaign_sales", "campaign": "HD08", "store": "H08"},
        {"code": "no_holder", "campaign": "", "store": "", "role": "art"},
    ]
    lines = payout_table(document).split("\n")
    assert lines[-3].startswith("2 个问题待处理")
    assert "活动“HD08”" in lines[-2]
    assert "H08" in lines[-2]
    assert "导入这家店当天的销售" in lines[-2]
    assert "美工" in lines[-1]


def test_payout_table_without_campaigns_reads_or_deductions() -> None:
    document = deepcopy(DOCUMENT)
    document["campaigns"], document["team"] = [], {"shortfall": "0.000000", "reads": []}
    document["roles"][0]["deductions"] = []
    text = payout_table(document)
    assert "本月没有已完成的活动。" in text
    assert "扣减由来" not in text


def test_payout_table_shows_adjustments_only_when_there_are_any() -> None:
    assert "以前月份的调整" not in payout_table(DOCUMENT)
    adjustment = {
        "origin": "2026-08",
        "reason": "迟到的销售",
        "role": "art",
        "username": "sunyu",
        "before": "100.00",
        "after": "90.00",
        "delta": "-10.00",
    }
    text = payout_table({**DOCUMENT, "adjustments": [adjustment]}, people={"sunyu": "孙宇"})
    assert "2026-08 美工 孙宇：100.00 → 90.00，差额 -10.00 元（迟到的销售）" in text

"""The files of a data pack, as people read of them (docs/datapack.md is the contract)."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One file: its name, what it holds, its columns (square brackets: may be left out)."""

    file: str
    what: str
    columns: str


KINDS = (
    Kind("stores.csv", "门店（必需）", "code, name, opened_on, closed_on"),
    Kind(
        "staff.csv",
        "人员与任职",
        "username, name, role, valid_from, valid_to, share, [department], [store]",
    ),
    Kind("calendar.csv", "法定节假日与调休：holiday、makeup_workday", "date, kind"),
    Kind("policy.json", "制度里与方案原文不同的地方", "JSON，见制度页各项"),
    Kind(
        "campaigns.csv",
        "活动；stores 写 * 是首日营业的全部门店",
        "code, title, scale, kind, start, end, stores, focus_items, status, article",
    ),
    Kind("articles.csv", "推文", "code, title, category, published_on, reads, [follows]"),
    Kind(
        "sales.csv",
        "销售明细",
        "store, date, receipt, item, quantity, amount, cost, member",
    ),
    Kind("participants.csv", "参加活动的会员", "campaign, member"),
    Kind("kpi_events.csv", "考核扣减，装入即算已确认", "month, rule, quantity, note"),
    Kind("manuscripts.csv", "录用的稿件", "code, author_kind, title, adopted_on"),
    Kind("reserve_expenses.csv", "团队公费支出", "date, kind, amount, note"),
    Kind("fund.csv", "两笔资金的期初余额", "as_of, maintenance_balance, reserve_balance"),
)

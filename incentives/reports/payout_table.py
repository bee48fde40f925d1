"""The settlement document as a table for a terminal, in Chinese, columns aligned. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width

from campaigns.wording import COMPARATORS, left_out
from haitang.policy.document import RESERVE
from incentives.wording import (
    AUTHORS,
    CATEGORIES,
    EXPENSES,
    problem,
    role_name,
    rule_horizon,
    rule_text,
    rule_unit,
)

Document = Mapping[str, Any]
SCALES = {"small": "小型", "medium": "中型", "large": "大型"}
KINDS = {"weekend": "周末", "member_day": "会员日", "manufacturer": "厂家"}
GAP = "  "


def payout_table(
    document: Document,
    *,
    people: Mapping[str, str] | None = None,
    campaigns: Mapping[str, str] | None = None,
    stores: Mapping[str, str] | None = None,
) -> str:
    """A month's settlement document (docs/datapack.md) as text: roles, campaigns, funds, problems.

    ``people``, ``campaigns`` and ``stores`` give names by username and code; what they lack is
    shown by its code.
    """
    sections = [
        _heading(document),
        _roles(document, people or {}),
        _cuts(document),
        _campaigns(document, campaigns or {}, stores or {}),
        _funds(document),
        _adjustments(document, people or {}),
        _problems(document, campaigns or {}, stores or {}),
    ]
    return "\n\n".join(section for section in sections if section)


def width(text: str) -> int:
    """Columns that the text takes in a terminal: a Han character or full-width mark takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def aligned(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Rows of equally many cells as lines with aligned columns; ``right`` names numeric columns."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            blank = " " * (widths[column] - width(cell))
            cells.append(blank + cell if column in right else cell + blank)
        lines.append(GAP.join(cells).rstrip())
    return lines


def _amount(text: str) -> str:
    return f"{Decimal(text):,.2f}"


def _percent(ratio: str) -> str:
    return f"{Decimal(ratio) * 100:.2f}%"


def _total(rows: Sequence[Document], key: str) -> str:
    return f"{sum((Decimal(row[key]) for row in rows), Decimal(0)):,.2f}"


def _ruled(lines: list[str], *, total: bool = False) -> list[str]:
    """The lines with a rule below the headings and, with ``total``, one above the last line."""
    rule = "─" * max(width(line) for line in lines)
    body = [*lines[1:-1], rule, lines[-1]] if total else lines[1:]
    return [lines[0], rule, *body]


def _heading(document: Document) -> str:
    uplift, pool = _amount(document["margin_uplift"]), _amount(document["pool"])
    return (
        f"{document['month']} 结算（制度：{document['policy']}）\n"
        f"毛利增加值 {uplift} 元，提成池 {pool} 元"
    )


def _roles(document: Document, people: Mapping[str, str]) -> str:
    roles = document["roles"]
    rows = [["角色", "系数", "应发", "扣减", "实发", "领取人"]]
    for role in roles:
        money = [_amount(role[key]) for key in ("gross", "withheld", "payable")]
        rows.append([role_name(role["role"]), role["coefficient"], *money, _payees(role, people)])
    totals = [_total(roles, key) for key in ("coefficient", "gross", "withheld", "payable")]
    rows.append(["合计", *totals, ""])
    return "\n".join(_ruled(aligned(rows, right=frozenset({1, 2, 3, 4})), total=True))


def _payees(role: Document, people: Mapping[str, str]) -> str:
    if role["role"] == RESERVE:
        return "（记入团队公费）"
    return (
        "、".join(
            f"{people.get(payee['username'], payee['username'])} {_amount(payee['amount'])}"
            for payee in role["payees"]
        )
        or "（无人任职）"
    )


def _cuts(document: Document) -> str:
    """Why the roles got less: reads below target and each role's deductions."""
    lines = [
        f"{CATEGORIES[each['category']]}阅读：目标 {each['target']:,}，"
        f"平均 {_amount(each['mean'])}，不足 {_percent(each['shortfall'])}"
        for each in document["team"]["reads"]
    ]
    for role in document["roles"]:
        for line in role["deductions"]:
            lines.append(
                f"{role_name(role['role'])}（{rule_horizon(line['rule'])}）："
                f"{line['quantity']} {rule_unit(line['rule'])} × {line['rate']}，"
                f"{rule_text(line['rule'])}"
            )
    if not lines:
        return ""
    shortfall = _percent(document["team"]["shortfall"])
    return "\n".join([f"扣减由来（阅读不足，各岗位一并扣 {shortfall}）", *lines])


def _campaigns(document: Document, campaigns: Mapping[str, str], stores: Mapping[str, str]) -> str:
    if not document["campaigns"]:
        return "本月没有已完成的活动。"
    rows = [["活动", "名称", "规模类型", "比较方法", "活动毛利", "基准毛利", "增加值", "客户增加"]]
    for each in document["campaigns"]:
        rows.append(
            [
                each["code"],
                campaigns.get(each["code"], ""),
                SCALES[each["scale"]] + KINDS[each["kind"]],
                COMPARATORS[each["comparator"]],
                *(_amount(each[side]["margin"]) for side in ("actual", "baseline", "uplift")),
                _amount(each["uplift"]["customers"]),
            ]
        )
    lines = _ruled(aligned(rows, right=frozenset({4, 5, 6, 7})))
    for each in document["campaigns"]:
        for out in each["left_out"]:
            store = f"{out['store']} {stores.get(out['store'], '')}".strip()
            lines.append(f"{each['code']} 未计入 {store}：{left_out(out['reason'])}")
    return "\n".join(lines)


def _funds(document: Document) -> str:
    fund, reserve = document["fund"], document["reserve"]
    fees = fund["fees"]
    rows = [
        ["资金", "期初", "划入", "年费", "稿酬", "公费支出", "期末"],
        [
            "日常维持资金",
            _amount(fund["opening"]),
            _amount(fund["credited"]),
            _amount(fund["annual_fee"]),
            _total(fees, "from_fund"),
            "",
            _amount(fund["closing"]),
        ],
        [
            "团队公费",
            _amount(reserve["opening"]),
            _amount(reserve["credited"]),
            "",
            _total(fees, "from_reserve"),
            _total([each for each in reserve["expenses"] if each["paid"]], "amount"),
            _amount(reserve["closing"]),
        ],
    ]
    lines = _ruled(aligned(rows, right=frozenset(range(1, 7))))
    for fee in fees:
        owed = Decimal(fee["outstanding"])
        left = f"，尚欠 {_amount(fee['outstanding'])} 元" if owed else ""
        lines.append(
            f"稿酬 {fee['manuscript']}（{AUTHORS[fee['kind']]}）{_amount(fee['fee'])} 元{left}"
        )
    for each in reserve["expenses"]:
        refused = "" if each["paid"] else "，余额不足，没有支付"
        lines.append(
            f"支出 {each['date']} {EXPENSES[each['kind']]} {_amount(each['amount'])} 元{refused}"
        )
    return "\n".join(lines)


def _adjustments(document: Document, people: Mapping[str, str]) -> str:
    """What earlier months' corrections change in this one; most months have none."""
    rows = [
        f"{each['origin']} {role_name(each['role'])} "
        f"{people.get(each['username'], each['username'])}："
        f"{_amount(each['before'])} → {_amount(each['after'])}，"
        f"差额 {_amount(each['delta'])} 元（{each['reason']}）"
        for each in document.get("adjustments", ())
    ]
    return "\n".join(["以前月份的调整", *rows]) if rows else ""


def _problems(document: Document, campaigns: Mapping[str, str], stores: Mapping[str, str]) -> str:
    rows = document["problems"]
    if not rows:
        return "没有待处理的问题，可以提交。"
    lines = [f"{len(rows)} 个问题待处理，处理或由总经理、副总经理写明理由放行之后才能提交："]
    for row in rows:
        text = problem(row, campaigns=campaigns, stores=stores)
        lines.append(f"- {text.sentence}{text.cure}")
    return "\n".join(lines)

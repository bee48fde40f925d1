"""发放表: a month's run as tables to print and to take along. Pure: recomputes nothing.

Cells are text, integers or Decimal yuan. What approval adds (number, names, the ledger's hash)
comes in as ``Approval``; a month without it is a draft and says so everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from haitang.kernel.capitals import capital
from haitang.kernel.display import MINUS, month_text, number, percent, yuan_text
from haitang.kernel.money import exact, fen, yuan
from incentives.explain import PAYOUT_COLUMNS, payout_rows, total
from incentives.ledger.chart import RESERVE_PAYEE
from incentives.wording import (
    AUTHORS,
    CATEGORIES,
    EXPENSES,
    role_name,
    rule_horizon,
    rule_text,
    rule_unit,
)

Document = Mapping[str, Any]
Cell = str | int | Decimal | None
DRAFT = "未批准 草稿"
WITHHELD = "withheld"


@dataclass(frozen=True)
class Signature:
    """A name at the foot: what for, who (empty: nobody yet), for whom, and when."""

    label: str
    name: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Approval:
    """What makes a report one of an approved month."""

    document_number: str
    ledger_hash: str
    ledger_number: int | None


@dataclass(frozen=True)
class Table:
    """One table of the report; the last row is its sum when ``has_total``."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False
    notes: tuple[str, ...] = ()

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns, and whether figures stand in them."""
        return [
            (column, any(isinstance(row[at], Decimal) for row in self.rows))
            for at, column in enumerate(self.columns)
        ]

    @property
    def shown(self) -> list[list[tuple[str, bool, str]]]:
        """The cells as a page shows them, whether each is a figure, and its column."""
        return [
            [
                (_text(cell), isinstance(cell, Decimal), column)
                for cell, column in zip(row, self.columns, strict=True)
            ]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Report:
    """The whole report; ``approval`` None is a draft."""

    month: str
    policy: str
    run_number: int
    approval: Approval | None
    pool_fen: int
    payable_fen: int
    tables: tuple[Table, ...]
    signatures: tuple[Signature, ...]

    @property
    def title(self) -> str:
        return f"{month_text(self.month)}公众号提成发放表"

    @property
    def mark(self) -> str:
        """What stands across a report that nobody may pay by."""
        return "" if self.approval else DRAFT

    @property
    def number(self) -> str:
        return self.approval.document_number if self.approval else DRAFT

    @property
    def capitals(self) -> tuple[tuple[str, str, str], ...]:
        """The totals in figures and in characters (大写)."""
        sums = (("提成池合计", self.pool_fen), ("个人应付合计", self.payable_fen))
        return tuple((name, yuan_text(yuan(amount)), capital(amount)) for name, amount in sums)


def report(
    *,
    document: Document,
    policy: Document,
    payouts: Sequence[Document],
    run_number: int,
    approval: Approval | None,
    signatures: Sequence[Signature],
    people: Mapping[str, str],
    titles: Mapping[str, str],
) -> Report:
    """The report of a run: ``payouts`` of its trace in fen, ``people`` and ``titles`` are names."""
    return Report(
        month=document["month"],
        policy=document["policy"],
        run_number=run_number,
        approval=approval,
        pool_fen=fen(document["pool"]),
        payable_fen=sum(each["payable"] for each in _persons_of(payouts)),
        tables=(
            _split(document, policy, people),
            _uplift(document, titles),
            _deductions(document),
            _persons(payouts),
            _funds(document),
            _fees(document),
            _adjustments(document, people),
        ),
        signatures=tuple(signatures),
    )


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:,.2f}".replace("-", MINUS)
    return "" if cell is None else str(cell)


def _split(document: Document, policy: Document, people: Mapping[str, str]) -> Table:
    rate = percent(policy.get("pool_rate", "0"))
    return Table(
        "提成池与分配",
        PAYOUT_COLUMNS,
        tuple(tuple(row) for row in payout_rows(document, people)),
        has_total=True,
        notes=(
            f"毛利增加值 {yuan_text(document['margin_uplift'])}，提取比例 {rate}，"
            f"提成池 {yuan_text(document['pool'])}（{capital(fen(document['pool']))}）。",
        ),
    )


def _uplift(document: Document, titles: Mapping[str, str]) -> Table:
    sides = ("actual", "baseline", "uplift")
    rows: list[tuple[Cell, ...]] = [
        (
            each["code"],
            titles.get(each["code"], each["code"]),
            *(Decimal(each[side]["margin"]) for side in sides),
        )
        for each in document["campaigns"]
    ]
    sums = [
        Decimal(total([each[side] for each in document["campaigns"]], "margin")) for side in sides
    ]
    rows.append(("合计", "", *sums))
    if not document["campaigns"]:
        rows = []
    columns = ("活动", "名称", "实际毛利（元）", "基准毛利（元）", "毛利增加值（元）")
    return Table("活动毛利增加值", columns, tuple(rows), has_total=bool(rows))


def _deductions(document: Document) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            role_name(role["role"]),
            rule_horizon(line["rule"]),
            rule_text(line["rule"]),
            f"{number(line['quantity'], 6)} {rule_unit(line['rule'])}".strip(),
            percent(line["rate"]),
            percent(exact(line["quantity"]) * exact(line["rate"])),
        )
        for role in document["roles"]
        for line in role["deductions"]
    ]
    rows += [
        (
            "七个岗位",
            "阅读量",
            f"{CATEGORIES.get(each['category'], each['category'])}："
            f"平均 {number(each['mean'])}，目标 {number(each['target'])}",
            "",
            "",
            percent(each["shortfall"]),
        )
        for each in document["team"]["reads"]
        if exact(each["shortfall"])
    ]
    withheld = total(document["roles"], "withheld")
    return Table(
        "扣减",
        ("岗位", "期间", "规则", "数量", "每单位", "扣减比例"),
        tuple(rows),
        notes=(f"扣减合计 {yuan_text(withheld)}。",),
    )


def _persons(payouts: Sequence[Document]) -> Table:
    keys = ("earned", "adjusted", "carried_in", "payable", "carried_out")
    found = _persons_of(payouts)
    rows: list[tuple[Cell, ...]] = [
        (each["name"], each["username"], *(yuan(each[key]) for key in keys)) for each in found
    ]
    sums = [sum(each[key] for each in found) for key in keys]
    rows.append(("合计", "", *(yuan(amount) for amount in sums)))
    columns = (
        "姓名",
        "用户名",
        "本月所得（元）",
        "往月调整（元）",
        "上月结转（元）",
        "应付（元）",
        "结转下月（元）",
    )
    notes = (f"应付合计大写：{capital(sums[3])}。",)
    return Table("个人应付", columns, tuple(rows), has_total=True, notes=notes)


def _persons_of(payouts: Iterable[Document]) -> list[Document]:
    return [each for each in payouts if each["username"] != RESERVE_PAYEE]


def _funds(document: Document) -> Table:
    fund, reserve = document["fund"], document["reserve"]
    rows: list[tuple[Cell, ...]] = [
        ("日常维持资金", "期初", Decimal(fund["opening"])),
        ("日常维持资金", "本月拨付", Decimal(fund["credited"])),
        ("日常维持资金", "公众号年费", -Decimal(fund["annual_fee"])),
        ("日常维持资金", "支付稿酬", -Decimal(total(fund["fees"], "from_fund"))),
        ("日常维持资金", "期末", Decimal(fund["closing"])),
        ("团队公费", "期初", Decimal(reserve["opening"])),
        ("团队公费", "支付稿酬", -Decimal(total(fund["fees"], "from_reserve"))),
    ]
    rows += [
        (
            "团队公费",
            f"{each['date']} {EXPENSES.get(each['kind'], each['kind'])}"
            + ("" if each["paid"] else "（余额不足，未付）"),
            -Decimal(each["amount"]) if each["paid"] else Decimal("0.00"),
        )
        for each in reserve["expenses"]
    ]
    rows += [
        ("团队公费", "本月计入", Decimal(reserve["credited"])),
        ("团队公费", "期末", Decimal(reserve["closing"])),
    ]
    # Decimal knows a negative zero, people do not.
    plain_zero = tuple((name, what, amount + 0) for name, what, amount in rows)  # type: ignore[operator]
    return Table("资金", ("资金", "事项", "金额（元）"), plain_zero)


def _fees(document: Document) -> Table:
    keys = ("fee", "from_fund", "from_reserve", "outstanding")
    fees = document["fund"]["fees"]
    rows: list[tuple[Cell, ...]] = [
        (
            each["manuscript"],
            AUTHORS.get(each["kind"], each["kind"]),
            *(Decimal(each[key]) for key in keys),
        )
        for each in fees
    ]
    if fees:
        rows.append(("合计", "", *(Decimal(total(fees, key)) for key in keys)))
    columns = ("稿件", "投稿人", "稿酬（元）", "资金付（元）", "公费付（元）", "尚欠（元）")
    return Table("稿酬", columns, tuple(rows), has_total=bool(rows))


def _adjustments(document: Document, people: Mapping[str, str]) -> Table:
    found = document.get("adjustments", ())
    rows: list[tuple[Cell, ...]] = [
        (
            each["origin"],
            "公司留存" if each["role"] == WITHHELD else role_name(each["role"]),
            people.get(each["username"], each["username"]),
            Decimal(each["before"]),
            Decimal(each["after"]),
            Decimal(each["delta"]),
            each["reason"],
        )
        for each in found
    ]
    columns = ("原月份", "岗位", "姓名", "原数（元）", "现数（元）", "差额（元）", "原因")
    return Table("往月调整", columns, tuple(rows))

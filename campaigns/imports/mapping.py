"""Which column of an export is which field of a sale line (docs/imports.md). Pure.

A mapping is a JSON document, saved per source; ``parse`` turns it into a frozen ``Mapping`` or
refuses it with a sentence for each fault.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Mappable
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from campaigns.imports.values import FULLWIDTH, BadValue, parse_date
from haitang.kernel.errors import Invalid
from haitang.kernel.masking import masked_numbers

FIELDS = {
    "store": "门店编码",
    "date": "销售日期",
    "receipt": "小票号",
    "item": "商品编码",
    "quantity": "数量",
    "amount": "销售金额",
    "cost": "成本金额",
    "member": "会员卡号",
}
# Header names that exports are known to use; the preview proposes a mapping out of them.
KNOWN_NAMES = {
    "store": (
        "门店编号",
        "门店代码",
        "门店",
        "店号",
        "店铺编码",
        "机构编码",
        "分店编码",
        "药店编码",
    ),
    "date": (
        "日期",
        "销售时间",
        "交易日期",
        "交易时间",
        "购药时间",
        "开单日期",
        "营业日期",
        "下单时间",
    ),
    "receipt": ("小票编号", "小票", "单号", "销售单号", "流水号", "交易号", "订单号", "单据编号"),
    "item": ("商品代码", "商品编号", "货号", "药品编码", "品种编码", "SKU"),
    "quantity": ("销售数量", "qty", "销量"),
    "amount": ("金额", "实收金额", "实收", "销售额", "成交金额", "实付金额"),
    "cost": ("成本", "销售成本", "成本额"),
    "member": ("会员卡", "会员号", "卡号", "会员编号", "会员编码", "社保卡号"),
}
COST_SOURCES = ("column", "unit_column", "items", "rate")
RECEIPT_SOURCES = ("column", "card_and_day")
STANDARD_NAME = "标准"
_KEYS = {"columns", "constants", "receipt", "cost", "tax", "sheet", "header_row"}
_RATE = re.compile(r"\d{1,4}(?:\.\d{1,6})?")
_NUMBERED = re.compile(r"(.+)#([1-9]\d?)")


@dataclass(frozen=True)
class Mapping:
    """A checked mapping.

    ``columns``: field → header names that may carry it (a saved mapping names one, the standard
    mapping the English and the Chinese one). ``tax_factor`` turns a cost into the amount's basis.
    """

    columns: Mappable[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    store: str | None = None
    day: date | None = None
    receipt: str = "column"
    cost: str = "column"
    cost_rate: Fraction | None = None
    tax_factor: Fraction = Fraction(1)
    sheet: str | None = None
    header_row: int | None = None
    document: Mappable[str, Any] = field(default_factory=dict)

    def digest(self, *, content_digest: str, cost_digest: str = "") -> str:
        """SHA-256 of what decides the result: the bytes, this mapping, the item costs used."""
        text = json.dumps(
            [content_digest, self.document, cost_digest], sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(text.encode()).hexdigest()


STANDARD = Mapping(
    columns={name: (name, chinese) for name, chinese in FIELDS.items()},
    optional=frozenset({"member"}),
)


def parse(document: object) -> Mapping:
    """A JSON document → Mapping; an empty one is the standard mapping.

    Raises Invalid whose ``details`` say every fault of the document.
    """
    if document in (None, {}):
        return STANDARD
    if not isinstance(document, dict):
        raise Invalid("映射不是 JSON 对象：请写成 {“columns”: {…}} 这样。")
    return _Parser(document).mapping()


class _Parser:
    """Collects every fault before refusing."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.faults: list[str] = []

    def mapping(self) -> Mapping:
        for key in sorted(set(self.document) - _KEYS):
            self.faults.append(f"映射里的“{key}”不认识：可以写 {'、'.join(sorted(_KEYS))}。")
        constants = self._texts("constants", allowed=("store", "date"))
        receipt = self._choice("receipt", self.document.get("receipt", "column"), RECEIPT_SOURCES)
        source, rate = self._cost()
        columns = self._texts("columns", allowed=tuple(FIELDS))
        self._complete(columns, constants, receipt, source)
        result = Mapping(
            columns={name: (column,) for name, column in columns.items()},
            store=constants.get("store"),
            day=self._day(constants.get("date")),
            receipt=receipt,
            cost=source,
            cost_rate=rate,
            tax_factor=self._tax(source),
            sheet=self._sheet(),
            header_row=self._header_row(),
            document=self.document,
        )
        if self.faults:
            raise Invalid("这个映射不能用，请改正：", details=self.faults)
        return result

    def _texts(self, key: str, *, allowed: Sequence[str]) -> dict[str, str]:
        part = self.document.get(key, {})
        if not isinstance(part, dict):
            self.faults.append(f"“{key}”要写成 {{字段: 文字}} 的对象。")
            return {}
        texts = {}
        for name, value in part.items():
            if name not in allowed:
                self.faults.append(f"“{key}”里的“{name}”不认识：可以写 {'、'.join(allowed)}。")
            elif not isinstance(value, str) or not value.strip():
                self.faults.append(f"“{key}”里的“{name}”是空的，或不是文字。")
            else:
                texts[name] = value.strip()
        return texts

    def _choice(self, key: str, value: object, allowed: Sequence[str]) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        self.faults.append(f"“{key}”写成“{value}”不行：只能是 {'、'.join(allowed)} 之一。")
        return allowed[0]

    def _cost(self) -> tuple[str, Fraction | None]:
        part = self.document.get("cost", {"from": "column"})
        if not isinstance(part, dict) or set(part) - {"from", "rate"}:
            self.faults.append("“cost”要写成 {“from”: …}，按比例时再加 “rate”。")
            return "column", None
        source = self._choice("cost.from", part.get("from"), COST_SOURCES)
        if source == "rate":
            return source, self._rate("cost.rate", part.get("rate"))
        if "rate" in part:
            self.faults.append("“cost.rate”只在 “from” 是 “rate” 时才写。")
        return source, None

    def _rate(self, key: str, value: object) -> Fraction | None:
        if isinstance(value, str) and _RATE.fullmatch(value.strip()):
            return Fraction(value.strip())
        self.faults.append(f"“{key}”写成“{value}”不行：请写成带引号的小数，例如 “0.72”，最多六位。")
        return None

    def _tax(self, source: str) -> Fraction:
        part = self.document.get("tax")
        if part is None:
            return Fraction(1)
        if not isinstance(part, dict) or set(part) != {"rate", "amount", "cost"}:
            self.faults.append(
                "“tax”要写全三项：rate（税率）、amount、cost（各为 with 或 without）。"
            )
            return Fraction(1)
        if source == "rate":
            self.faults.append("成本按比例推算时没有税可调：请去掉“tax”。")
        rate = self._rate("tax.rate", part["rate"]) or Fraction(0)
        amount = self._choice("tax.amount", part["amount"], ("with", "without"))
        cost = self._choice("tax.cost", part["cost"], ("with", "without"))
        if amount == cost:
            return Fraction(1)
        return 1 + rate if amount == "with" else 1 / (1 + rate)

    def _complete(
        self, columns: dict[str, str], constants: dict[str, str], receipt: str, source: str
    ) -> None:
        unneeded = {"member"}
        unneeded.update(constants)
        if receipt == "card_and_day":
            unneeded.add("receipt")
            if "member" not in columns:
                self.faults.append("按“卡和日”分小票时，“columns”里要有 member（会员卡号）列。")
        if source in ("items", "rate"):
            unneeded.add("cost")
        for name in constants:
            if name in columns:
                self.faults.append(f"{FIELDS[name]}既指定了列又写了固定值：只能留一个。")
        for name, chinese in FIELDS.items():
            if name not in unneeded and name not in columns:
                self.faults.append(
                    f"没有说{chinese}（{name}）从哪里来：请在“columns”里写它的列名。"
                )

    def _day(self, text: str | None) -> date | None:
        if text is None:
            return None
        try:
            return parse_date(text)
        except BadValue as bad:
            self.faults.append(f"固定的销售日期“{text}”不行：{bad}。")
            return None

    def _sheet(self) -> str | None:
        sheet = self.document.get("sheet")
        if sheet is None or (isinstance(sheet, str) and sheet.strip()):
            return sheet
        self.faults.append("“sheet”要写工作表的名称。")
        return None

    def _header_row(self) -> int | None:
        row = self.document.get("header_row")
        if row is None or (isinstance(row, int) and not isinstance(row, bool) and 1 <= row <= 100):
            return row
        self.faults.append("“header_row”要写表头所在的行号（1 到 100）。")
        return None


def normal(header: str) -> str:
    """A header as compared: half-width, without spaces, lower case."""
    return re.sub(r"\s+", "", header.translate(FULLWIDTH)).strip("\ufeff").casefold()


def resolve(mapping: Mapping, headers: Sequence[str]) -> dict[str, int]:
    """Field → index of its column. Invalid when one is missing or a mapped one is ambiguous."""
    found: dict[str, int] = {}
    faults = []
    for name, candidates in mapping.columns.items():
        hits = {index for candidate in candidates for index in _positions(candidate, headers)}
        if len(hits) == 1:
            found[name] = hits.pop()
        elif hits:
            places = "、".join(f"第 {index + 1} 列" for index in sorted(hits))
            header = headers[min(hits)].strip()
            faults.append(
                f"{FIELDS[name]}有 {len(hits)} 列可选（{places}），不知道该用哪一列："
                f"请删去多余的列，或在映射里写“{header}#2”这样指明第几个。"
            )
        elif name not in mapping.optional:
            faults.append(f"缺少{FIELDS[name]}列：表头里没有“{'”或“'.join(candidates)}”。")
    if faults:
        read = "、".join(masked_numbers(header.strip()) or "（空）" for header in headers)
        raise Invalid(f"表头与映射对不上。读到的表头是：{read}。", details=faults)
    return found


def _positions(candidate: str, headers: Sequence[str]) -> list[int]:
    names = [normal(header) for header in headers]
    exact = [index for index, name in enumerate(names) if name == normal(candidate)]
    numbered = _NUMBERED.fullmatch(candidate)
    if exact or not numbered:
        return exact
    same = [index for index, name in enumerate(names) if name == normal(numbered[1])]
    return same[int(numbered[2]) - 1 :][:1]


def repeated(headers: Sequence[str], fields: Sequence[str]) -> list[str]:
    """A sentence for each header that stands more than once: where, and which column is read.

    ``fields`` are the names of the fields that the columns are read as, "" for none. A long
    number in a header is masked.
    """
    places: dict[str, list[int]] = {}
    for index, header in enumerate(headers):
        places.setdefault(normal(header), []).append(index)
    return [
        _repeated(masked_numbers(headers[where[0]].strip()), where, fields)
        for name, where in places.items()
        if name and len(where) > 1
    ]


def _repeated(header: str, where: Sequence[int], fields: Sequence[str]) -> str:
    listed = "、".join(f"第 {place + 1} 列" for place in where)
    read = [f"第 {place + 1} 列（{fields[place]}）" for place in where if fields[place]]
    used = f"现在读{'、'.join(read)}，其余的不用" if read else "现在都不用"
    return f"列“{header}”在表头里有 {len(where)} 个（{listed}）：{used}。不对请在下面改选。"


def guess(headers: Sequence[str]) -> dict[str, Any]:
    """A mapping document proposed from known Chinese and English header names.

    The first header that fits a field is taken; what is not found is left out, except that a
    receipt without column becomes “card and day” when there is a card.
    """
    names = [normal(header) for header in headers]
    columns: dict[str, str] = {}
    for field_name, chinese in FIELDS.items():
        for candidate in (field_name, chinese, *KNOWN_NAMES[field_name]):
            if normal(candidate) in names:
                index = names.index(normal(candidate))
                repeated = names.count(names[index]) > 1
                columns[field_name] = headers[index].strip() + ("#1" if repeated else "")
                break
    document: dict[str, Any] = {"columns": columns}
    if "receipt" not in columns and "member" in columns:
        document["receipt"] = "card_and_day"
    return document

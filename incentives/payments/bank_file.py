"""The file by which finance's bank pays, in the layout that the bank wants (BankLayout).

``lines`` and ``content`` are pure: rows and a layout in, text or bytes out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.masking import masked, masked_numbers
from haitang.kernel.money import plain
from haitang.kernel.personal import STREAM as PERSONAL
from incentives.models import BankLayout, Settlement
from incentives.payments.selectors import PaymentRow

STREAM = "incentives"
FIELDS = {
    "serial": "序号",
    "holder": "户名",
    "number": "账号",
    "bank": "开户行",
    "amount": "金额（元）",
    "fen": "金额（分）",
    "purpose": "用途",
    "payee": "收款人编号",
    "reference": "付款编号",
    "month": "所属月份",
}
ENCODINGS = {"gb18030": "GB18030（多数网银）", "utf-8": "UTF-8", "utf-8-sig": "UTF-8（带标记）"}
SEPARATORS = {",": "逗号 ,", "\t": "制表符", "|": "竖线 |", ";": "分号 ;"}
TITLE_LENGTH = 30
DEFAULT_NAME = "通用代发"
DEFAULT_COLUMNS = ("serial", "holder", "number", "bank", "amount", "purpose")


@dataclass(frozen=True)
class Layout:
    """A layout as the form gives it; ``columns`` are (title, field) in order."""

    name: str
    columns: tuple[tuple[str, str], ...]
    encoding: str = "gb18030"
    separator: str = ","
    with_header: bool = True


@dataclass(frozen=True)
class BankRow:
    """One payment as a bank file names it; ``number`` is the plain account number."""

    holder: str
    number: str
    bank: str
    amount_fen: int
    purpose: str
    payee: str
    reference: str
    month: str

    def masked(self) -> BankRow:
        """The same with the number masked, as a preview shows it."""
        return BankRow(**{**self.__dict__, "number": masked(self.number)})


EXAMPLES = (
    BankRow("张三", "6222020200000001", "工商银行城东支行", 600_714, "提成", "zhangsan", "1", ""),
    BankRow("李四", "6222020200000002", "建设银行", 168_032, "提成", "lisi", "2", ""),
)


def layout_of(row: BankLayout) -> Layout:
    """A saved layout."""
    columns = tuple((each["title"], each["field"]) for each in row.columns)
    return Layout(row.name, columns, row.encoding, row.separator, row.with_header)


def lines(layout: Layout, rows: Iterable[BankRow]) -> list[str]:
    """The file's lines, the header first when the layout has one."""
    table = [[title for title, _ in layout.columns]] if layout.with_header else []
    for place, row in enumerate(rows, start=1):
        values = _values(place, row)
        table.append([values[field] for _, field in layout.columns])
    return [_joined(cells, layout.separator) for cells in table]


def content(layout: Layout, rows: Iterable[BankRow]) -> bytes:
    """The file: a line a payment, each ended as Windows ends lines."""
    text = "".join(f"{line}\r\n" for line in lines(layout, rows))
    return text.encode(layout.encoding)


def bank_rows(rows: Sequence[PaymentRow]) -> list[BankRow]:
    """What waits and has a bank account; the rest is not in the file (``without_account``)."""
    return [
        BankRow(
            holder=row.account.holder,
            number=row.account.number.for_computing(),
            bank=row.account.bank,
            amount_fen=row.payment.amount_fen,
            purpose=row.payment.purpose,
            payee=row.payment.payee,
            reference=str(row.payment.pk),
            month=row.month,
        )
        for row in rows
        if row.is_waiting and row.account
    ]


def without_account(rows: Sequence[PaymentRow]) -> list[str]:
    """Who waits for money and has no bank account entered; their names."""
    return [row.payment.name for row in rows if row.is_waiting and row.account is None]


def make_bank_file(
    *,
    settlement: Settlement,
    rows: Sequence[PaymentRow],
    layout: BankLayout,
    reason: str,
    by: User,
    now: datetime,
) -> bytes:
    """The bank file of what waits in a month; taking the numbers along is an act with a reason.

    Raises Invalid without a reason or without anything to pay. The caller has checked that the
    person may.
    """
    if not reason.strip():
        raise Invalid("请写明导出账号的理由，例如“十月提成代发”：它会留在操作记录里。")
    found = bank_rows(rows)
    if not found:
        raise Invalid("没有可以放进文件的付款：都已付出，或者待付的人还没有登记收款账户。")
    made = content(layout_of(layout), found)
    with transaction.atomic():
        audit.record(
            stream=PERSONAL,
            act="personal.export",
            obj=settlement,
            by=by,
            now=now,
            details={
                "field": "bank account numbers",
                "reason": masked_numbers(reason.strip())[:200],
                "layout": layout.name,
                "payments": [row.reference for row in found],
                "sum": plain(sum(row.amount_fen for row in found)),
            },
        )
    return made


def default_layout(*, now: datetime) -> BankLayout:
    """The layout that the house begins with; made when there is none."""
    found = BankLayout.objects.order_by("pk").first()
    if found:
        return found
    made, _ = BankLayout.objects.get_or_create(
        name=DEFAULT_NAME,
        defaults={
            "columns": [{"title": FIELDS[field], "field": field} for field in DEFAULT_COLUMNS],
            "updated_at": now,
        },
    )
    return made


def save_layout(
    *, layout: Layout, row: BankLayout | None = None, by: User, now: datetime
) -> BankLayout:
    """Keep a new layout, or change ``row``. Invalid when it does not fit, Conflict for its name."""
    check_layout(layout)
    row = row or BankLayout()
    row.name, row.encoding, row.separator = layout.name, layout.encoding, layout.separator
    row.with_header = layout.with_header
    row.columns = [{"title": title, "field": field} for title, field in layout.columns]
    row.updated_at, row.updated_by = now, by
    try:
        with transaction.atomic():
            row.save()
            details: dict[str, object] = {
                "columns": row.columns,
                "encoding": row.encoding,
                "separator": row.separator,
                "with_header": row.with_header,
            }
            _record("save_bank_layout", row, details, by=by, now=now)
    except IntegrityError as error:
        raise Conflict(f"已经有叫“{layout.name}”的格式：请换一个名称，或去修改那一个。") from error
    return row


def delete_layout(*, row: BankLayout, by: User, now: datetime) -> None:
    """Take a layout away; the last one stays (Conflict)."""
    with transaction.atomic():
        if not BankLayout.objects.exclude(pk=row.pk).exists():
            raise Conflict("这是唯一的格式，不能删除：请先新建另一个。")
        _record("delete_bank_layout", row, {}, by=by, now=now)
        row.delete()


def _record(
    act: str, row: BankLayout, details: dict[str, object], *, by: User, now: datetime
) -> None:
    audit.record(stream=STREAM, act=act, obj=row, by=by, now=now, details=details)


def check_layout(layout: Layout) -> None:
    """Invalid with a sentence when no file can be made by this layout."""
    if not layout.name:
        raise Invalid("请给这个格式起一个名称，例如银行的名字。")
    if not layout.columns:
        raise Invalid("至少选一列：在“次序”里写 1、2、3，空着的列不进文件。")
    fields = {field for _, field in layout.columns}
    if not fields <= FIELDS.keys():
        raise Invalid("有一列不认识：请从列表里选。")
    if not fields & {"amount", "fen"} or not fields & {"holder", "number"}:
        raise Invalid("银行文件至少要有金额，以及户名或账号：请补上这两列。")
    if layout.encoding not in ENCODINGS or layout.separator not in SEPARATORS:
        raise Invalid("请从列表里选编码和分隔符。")


def _values(place: int, row: BankRow) -> Mapping[str, str]:
    return {
        "serial": str(place),
        "holder": row.holder,
        "number": row.number,
        "bank": row.bank,
        "amount": plain(row.amount_fen),
        "fen": str(row.amount_fen),
        "purpose": row.purpose,
        "payee": row.payee,
        "reference": row.reference,
        "month": row.month,
    }


def _joined(cells: Sequence[str], separator: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="")
    writer.writerow([re.sub(r"[\x00-\x1f]+", " ", cell) for cell in cells])
    return text.getvalue()

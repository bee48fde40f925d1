"""What several modules of import tests share."""

from __future__ import annotations

from datetime import date
from typing import Any

from campaigns.models import SalesImport, StoreDay

LINE = "S01,2026-10-17,R1,P1,1,10.00,7.00,"
EXPORT = ["购药时间", "社保卡号", "商品编码", "商品名称", "销售数量", "应收金额", "实收金额"]
BY_CARD: dict[str, Any] = {
    "columns": {
        "date": "购药时间",
        "item": "商品编码",
        "quantity": "销售数量",
        "amount": "实收金额",
        "member": "社保卡号",
    },
    "constants": {"store": "S01"},
    "receipt": "card_and_day",
    "cost": {"from": "rate", "rate": "0.72"},
}


def bad(done: SalesImport) -> list[tuple[int, str, str]]:
    return [(row.line_no, row.column, row.value) for row in done.bad_rows.all()]


def day(store: str = "S01", on: date = date(2026, 10, 17)) -> StoreDay:
    return StoreDay.objects.get(store__code=store, date=on, is_active=True)

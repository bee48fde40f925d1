"""Whole imports: what counts afterwards, trap by trap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from campaigns.imports.values import FULLWIDTH
from campaigns.models import ItemCost, MemberCard, SaleLine, SalesImport
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry
from haitang.kernel.personal import keyed_hash
from tests.campaigns.imports.conftest import Import, WriteCsv
from tests.campaigns.imports.parts import BY_CARD, EXPORT, LINE, bad, day

CHINESE = "门店编码,销售日期,小票号,商品编码,数量,销售金额,成本金额,会员卡号"


def test_import_rolls_up_each_store_day(write_csv: WriteCsv, run: Import) -> None:
    done = run(
        write_csv(
            "S01,2026-10-17,R1,P1,2,20.00,14.00,M1",
            "S01,2026-10-17,R1,P2,0.5,5.55,3.33,M1",
            "S01,2026-10-17,R2,P1,1,10.00,7.00,",
            "S02,2026-10-17,R1,P1,1,9.99,7.00,M2",
            "S01,2026-10-18,R1,P1,1,10.00,7.00,",
        )
    )
    assert done.state == SalesImport.State.DONE
    assert (done.lines_read, done.lines_accepted, done.lines_refused) == (5, 5, 0)
    assert (done.store_days, done.amount_fen) == (3, 5554)
    assert (done.first_date, done.last_date) == (date(2026, 10, 17), date(2026, 10, 18))
    one = day()
    assert (one.lines, one.customers, one.units_milli) == (3, 2, 3500)
    assert (one.amount_fen, one.cost_fen) == (3555, 2433)
    line = SaleLine.objects.get(store_day=one, item="P2")
    assert (line.line_no, line.receipt, line.quantity_milli) == (3, "R1", 500)
    assert line.card == MemberCard.objects.get(number_hash=keyed_hash("M1"))
    assert AuditEntry.objects.get(stream="sales", act="import").details["store_days"] == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_import_reads_each_encoding(write_csv: WriteCsv, run: Import, encoding: str) -> None:
    row = "S01,2026-10-17,票１,感冒灵𠮷,1,10.00,7.00,"
    run(write_csv(row, header=CHINESE, encoding=encoding))
    assert SaleLine.objects.get().item == "感冒灵𠮷"


def test_import_finds_gb18030_far_into_the_file(write_csv: WriteCsv, run: Import) -> None:
    rows = [LINE] * 70_000 + ["S01,2026-10-17,R9,感冒灵,1,1.00,0.50,"]
    assert run(write_csv(*rows, encoding="gb18030")).lines_accepted == 70_001
    assert SaleLine.objects.filter(item="感冒灵").get().line_no == 70_002


def test_equal_lines_of_one_file_are_two_sales(write_csv: WriteCsv, run: Import) -> None:
    run(write_csv(LINE, LINE))
    assert (day().lines, day().customers, day().amount_fen) == (2, 1, 2000)


def test_return_counts_negative_and_is_no_customer(write_csv: WriteCsv, run: Import) -> None:
    run(
        write_csv(
            LINE,
            "S01,2026-10-17,R2,P1,-1,-10.00,-7.00,",
            "S01,2026-10-17,R3,P1,-1,10.00,7.00,",
            "S01,2026-10-17,R4,P1,0,1.00,0,",
        )
    )
    assert (day().customers, day().units_milli, day().amount_fen) == (1, -1000, 1100)


def test_receipt_shared_across_days_is_a_customer_on_each(write_csv: WriteCsv, run: Import) -> None:
    run(write_csv(LINE, LINE.replace("10-17", "10-18")))
    assert day().customers == day(on=date(2026, 10, 18)).customers == 1


def test_impossible_and_empty_dates_are_refused(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv("S01,2018-02-29,R,P,1,1,1,", "S01,,R,P,1,1,1,", LINE))
    assert bad(done) == [(2, "date", "2018-02-29"), (3, "date", "")]
    assert done.bad_rows.first().reason == "没有 2018 年 2 月 29 日这一天"  # type: ignore[union-attr]
    assert (done.lines_read, done.lines_accepted, done.lines_refused) == (3, 1, 2)


def test_each_fault_names_its_column_and_value(write_csv: WriteCsv, run: Import) -> None:
    done = run(
        write_csv(
            LINE,
            "S99,2026-10-17,R,P,1,1,1,",
            "S01,2026-10-17,,P,1,1,1,",
            "S01,2026-10-17,R,,1,1,1,",
            "S01,2026-10-17,R,P,x,1,1,",
            "S01,2026-10-17,R,P,1.0001,1,1,",
            "S01,2026-10-17,R,P,1,1.005,1,",
            "S01,2026-10-17,R,P,1,1,,",
            f"S01,2026-10-17,R,P,1,1,1,{'9' * 61}",
            "S01,2026-10-17,R,P,99999999,1,1,",
            "S99,昨天,R,P,1,1,1,",
        )
    )
    assert bad(done) == [
        (3, "store", "S99"),
        (4, "receipt", ""),
        (5, "item", ""),
        (6, "quantity", "x"),
        (7, "quantity", "1.0001"),
        (8, "amount", "1.005"),
        (9, "cost", ""),
        (10, "member", "*" * 57 + "9999"),
        (11, "quantity", "****9999"),
        (12, "store", "S99"),
    ]
    assert done.lines_refused == 10


@pytest.mark.parametrize(
    "row",
    [
        "S01,2026-10-17,R,P,13912345678,1,1,",  # a phone where a quantity should be
        "S01,2026-10-17,R,P,x139-1234-5678,1,1,",
        "S01,2026-10-17,R,P,１３９１２３４５６７８元,1,1,",
        "S01,2026-10-17,R,P,1,1,1,13912345678\x01",
        "S01,2026-10-17,R,P,1,1,1,M1,M2,13912345678",  # more cells than the header
        "S01,2026-10-17,R,P,1,1,1,234,VIP-8765678",  # a card moved to the right
    ],
)
def test_refused_row_shows_no_card_and_no_phone(write_csv: WriteCsv, run: Import, row: str) -> None:
    done = run(write_csv(LINE, row))
    [(line, _, value)] = bad(done)
    assert line == 3
    assert "5678" in value.translate(FULLWIDTH) or "**" in value
    for planted in ("1391234", "139-1234", "VIP-876"):
        assert planted not in value.translate(FULLWIDTH)


def test_file_without_a_header_shows_none_of_its_numbers(write_csv: WriteCsv, run: Import) -> None:
    path = write_csv(header="S01,2026-10-17,R,P,1,1,1,13912345678")
    with pytest.raises(Invalid, match="没有表头") as refused:
        run(path)
    assert "1391234" not in str(refused.value)


def test_thousands_and_full_width_amounts_are_read(write_csv: WriteCsv, run: Import) -> None:
    run(write_csv('S01,2026-10-17,R,P,１,"1,234.50",￥７．００,'))
    assert (day().amount_fen, day().cost_fen, day().units_milli) == (123450, 700, 1000)


def test_unquoted_thousands_are_refused_not_shifted(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv(LINE, "S01,2026-10-17,R,P,1,1,234.50,7.00,M1"))
    assert done.lines_accepted == 1
    [(line, column, value)] = bad(done)
    assert (line, column) == (3, "整行")
    assert "1,234.50" in value


def test_totals_and_blank_rows_at_the_end_are_ignored(write_csv: WriteCsv, run: Import) -> None:
    done = run(
        write_csv(LINE, LINE, "S01,小计,,,2,20.00,14.00,", "", LINE, ",,,,,,,", "合计,,,,3,30,21,")
    )
    assert (done.lines_read, done.lines_accepted) == (7, 3)
    assert (done.lines_refused, done.lines_ignored) == (0, 4)
    assert day().amount_fen == 3000


def test_total_in_the_item_column_is_no_item(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv(LINE, "S01,2026-10-17,R1,合计,1,10.00,7.00,"))
    assert (done.lines_accepted, done.lines_ignored) == (1, 1)


def test_total_label_in_a_column_that_is_not_mapped(write_csv: WriteCsv, run: Import) -> None:
    header = "store,date,receipt,item,品名,quantity,amount,cost"
    row = "S01,2026-10-17,R1,P1,血糖计,1,10,7"
    done = run(write_csv(row, ",,,,合计：,1,10,7", header=header))
    assert (done.lines_accepted, done.lines_ignored, done.lines_refused) == (1, 1, 0)


def test_blank_row_above_sales_is_refused(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv(LINE, ",,,,,,,", LINE, ",,,,,,,"))
    assert bad(done) == [(3, "date", "")]
    assert (done.lines_read, done.lines_ignored) == (4, 1)


def test_quoted_cells_keep_commas_newlines_and_line_numbers(
    write_csv: WriteCsv, run: Import
) -> None:
    header = "备注," + CHINESE
    done = run(
        write_csv(
            f'"说明，有\n换行,和逗号",{LINE}',
            f'5"绷带,{LINE}',
            f'"引""号",{LINE}',
            ",S01,2026-02-30,R,P,1,1,1,",
            header=header,
        )
    )
    assert [line.line_no for line in SaleLine.objects.order_by("line_no")] == [2, 4, 5]
    assert bad(done) == [(6, "销售日期", "2026-02-30")]


def test_windows_line_ends(tmp_path: Path, run: Import) -> None:
    path = tmp_path / "windows.csv"
    path.write_bytes("\r\n".join([CHINESE, LINE, LINE.replace("P1", "P2"), ""]).encode())
    assert run(path).lines_accepted == 2


def test_title_rows_above_the_header_are_passed_over(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv(CHINESE, LINE, header="海棠药堂销售明细,,,,,,,"))
    assert done.lines_accepted == 1
    assert SaleLine.objects.get().line_no == 3


def test_backslashes_reach_the_database_unchanged(write_csv: WriteCsv, run: Import) -> None:
    run(write_csv("S01,2026-10-17,R\\1,\\N,1,10.00,7.00,"))
    line = SaleLine.objects.get()
    assert (line.receipt, line.item) == ("R\\1", "\\N")


def test_workbook_numbers_texts_and_dates(write_xlsx: Callable[..., Path], run: Import) -> None:
    run(
        write_xlsx(
            [
                CHINESE.split(","),
                [
                    "S01",
                    datetime(2026, 10, 17, 8, 30),  # noqa: DTZ001  # cells have none
                    1001,
                    236701,
                    "2",
                    30.299999999999997,
                    "7.00",
                    None,
                ],
                ["S01", 46312, "1001", "236701", 1.5, "１,234.50", 0.1 + 0.2, 6901234567890],
                ["S01", "2026/10/17", 1002.0, "0012", 1, 1, 1, "卡1"],
            ]
        )
    )
    assert (day().lines, day().customers, day().units_milli) == (3, 2, 4500)
    assert (day().amount_fen, day().cost_fen) == (3030 + 123450 + 100, 700 + 30 + 100)
    assert set(SaleLine.objects.values_list("item", flat=True)) == {"236701", "0012"}
    assert MemberCard.objects.filter(number_hash=keyed_hash("6901234567890")).exists()


def test_export_without_store_receipt_and_cost(
    write_xlsx: Callable[..., Path], run: Import
) -> None:
    """The traps of a real single-store export in one workbook."""
    done = run(
        write_xlsx(
            [
                EXPORT,
                ["2018-01-01 星期五", "001616528", "236701", "银翘片", 6, 82.8, 69],
                ["2018-01-01 星期五", "001616528", "861409", "非洛地平", 1, 28, 24.64],
                ["2018-01-02 星期六", "001616528", 236701, "银翘片", 1, 28, 0.01],
                ["2018-01-02 星期六", "", 236701, "银翘片", 1, 28, 30.299999999999997],
                ["2018-01-02 星期六", "", 236701, "银翘片", -1, -28, -24.65],
                ["2018-02-29 星期一", "0012", 236701, "银翘片", 1, 28, 25],
                [None, "0012", 236701, "银翘片", 1, 28, 25],
                [None] * 7,
                ["2018-01-03 星期日", "0012", 236701, "银翘片", 1, 28, 25],
            ]
        ),
        document=BY_CARD,
    )
    assert (done.lines_read, done.lines_accepted, done.lines_refused) == (9, 6, 3)
    assert [row[:2] for row in bad(done)] == [(7, "购药时间"), (8, "购药时间"), (9, "购药时间")]
    first, second = day(on=date(2018, 1, 1)), day(on=date(2018, 1, 2))
    assert (first.customers, second.customers) == (1, 2)
    costs = SaleLine.objects.order_by("line_no").values_list("cost_fen", flat=True)
    assert list(costs) == [4968, 1774, 1, 2182, -1775, 1800]  # 0.72 × amount, half up by line
    card = MemberCard.objects.get(number_hash=keyed_hash("001616528"))
    receipts = set(SaleLine.objects.values_list("receipt", flat=True))
    assert f"卡{card.pk}" in receipts
    assert not any("001616528" in receipt for receipt in receipts)


def test_cost_of_a_rate_rounds_half_up(write_csv: WriteCsv, run: Import) -> None:
    document = {**BY_CARD, "cost": {"from": "rate", "rate": "0.5"}}
    header = ",".join(EXPORT)
    rows = [
        "2026-10-17,M,P,品,1,0,0.01",
        "2026-10-17,M,P,品,1,0,-0.01",
        "2026-10-17,M,P,品,1,0,0.03",
    ]
    run(write_csv(*rows, header=header), document=document)
    costs = SaleLine.objects.order_by("line_no").values_list("cost_fen", flat=True)
    assert list(costs) == [1, -1, 2]


def test_cost_from_the_item_list_is_the_one_of_the_day(write_csv: WriteCsv, run: Import) -> None:
    ItemCost.objects.create(item="P1", valid_from=date(2026, 1, 1), cost=Decimal("3.3333"))
    ItemCost.objects.create(item="P1", valid_from=date(2026, 10, 18), cost=Decimal("4"))
    document = {**BY_CARD, "cost": {"from": "items"}}
    rows = [
        "2026-10-17,M,P1,品,1.5,0,10",
        "2026-10-18,M,P1,品,-1,0,-10",
        "2025-12-31,M,P1,品,1,0,10",
        "2026-10-18,M,P2,品,1,0,10",
    ]
    path = write_csv(*rows, header=",".join(EXPORT))
    done = run(path, document=document)
    costs = SaleLine.objects.order_by("line_no").values_list("cost_fen", flat=True)
    assert list(costs) == [500, -400]
    assert bad(done) == [(4, "商品编码", "P1"), (5, "商品编码", "P2")]
    ItemCost.objects.create(item="P2", valid_from=date(2026, 1, 1), cost=Decimal("1"))
    assert run(path, document=document).pk != done.pk  # other costs make it another import


@pytest.mark.parametrize(
    ("source", "tax", "cost"),
    [
        ("column", None, 1000),
        ("column", {"rate": "0.13", "amount": "with", "cost": "without"}, 1130),
        ("column", {"rate": "0.13", "amount": "without", "cost": "with"}, 885),
        ("unit_column", None, 3000),
        ("unit_column", {"rate": "0.13", "amount": "with", "cost": "without"}, 3390),
    ],
)
def test_cost_column_and_its_tax(
    write_csv: WriteCsv, run: Import, source: str, tax: dict[str, str] | None, cost: int
) -> None:
    document = {**BY_CARD, "cost": {"from": source}}
    document["columns"] = {**BY_CARD["columns"], "cost": "应收金额"}
    if tax:
        document["tax"] = tax
    run(write_csv("2026-10-17,M,P1,品,3,10,50", header=",".join(EXPORT)), document=document)
    assert SaleLine.objects.get().cost_fen == cost

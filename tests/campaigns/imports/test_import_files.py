"""Files as wholes: replaced, repeated, refused, told of."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.imports import services
from campaigns.models import BadRow, SaleLine, SalesImport, StoreDay
from haitang.kernel.errors import Invalid, NotThere
from tests.campaigns.imports.conftest import Import, WriteCsv
from tests.campaigns.imports.parts import BY_CARD, EXPORT, LINE, day

CHINESE = "门店编码,销售日期,小票号,商品编码,数量,销售金额,成本金额,会员卡号"


def test_later_file_replaces_its_store_days_whole(write_csv: WriteCsv, run: Import) -> None:
    run(write_csv(LINE, LINE, LINE.replace("10-17", "10-18"), name="a.csv"))
    run(write_csv(LINE.replace("10.00", "8.00"), name="b.csv"))
    assert (day().lines, day().amount_fen) == (1, 800)
    assert day(on=date(2026, 10, 18)).amount_fen == 1000
    assert StoreDay.objects.count() == 3


def test_same_file_again_changes_nothing(write_csv: WriteCsv, run: Import) -> None:
    path = write_csv(LINE)
    first = run(path)
    assert run(path).pk == first.pk
    assert SalesImport.objects.count() == StoreDay.objects.count() == 1
    again = run(path, again=True)
    assert again.pk != first.pk
    assert day().sales_import == again


def test_strict_import_loads_nothing_of_a_file_with_a_bad_row(
    write_csv: WriteCsv, run: Import
) -> None:
    with pytest.raises(Invalid) as refusal:
        run(write_csv(LINE, "S01,2018-02-29,R,P,1,1,1,"), skip_bad_rows=False)
    [detail] = refusal.value.details
    assert detail == (
        "文件“sales.csv”第 3 行“date”列的“2018-02-29”：没有 2018 年 2 月 29 日这一天。"
    )
    assert not StoreDay.objects.exists()
    assert not SaleLine.objects.exists()
    failed = SalesImport.objects.get()
    assert failed.state == SalesImport.State.FAILED
    assert "2018-02-29" in failed.error
    assert BadRow.objects.count() == failed.lines_refused == 1


def test_file_without_any_good_row_is_refused(write_csv: WriteCsv, run: Import) -> None:
    with pytest.raises(Invalid, match="1 行不能用"):
        run(write_csv("S99,2026-10-17,R,P,1,1,1,"))
    assert not StoreDay.objects.exists()


def test_file_with_header_only_has_no_store_days(write_csv: WriteCsv, run: Import) -> None:
    assert run(write_csv()).store_days == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "是空的"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"<html><table>", "网页格式"),
        (b"PK\x03\x04nonsense", "不是能读的 Excel"),
        (b"store,date\n\xff\xff\xff,1\n", "第 2 行既不是 UTF-8 也不是 GB18030"),
        (b"store,date,receipt\rS01,2026-10-17,R\r", "旧 Mac 格式"),
        (b"a;b;c\n1;2;3\n", "没有表头"),
        (b"store,date\n", "缺少小票号列"),
        (b'store,date,receipt,item,quantity,amount,cost\nS01,"' + b"x" * 200_000, "引号没有成对"),
    ],
)
def test_unusable_file_is_refused_with_a_sentence(
    tmp_path: Path, run: Import, content: bytes, sentence: str
) -> None:
    path = tmp_path / "坏.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        run(path)
    assert sentence in str(refusal.value)
    assert "坏.csv" in str(refusal.value)
    assert not SalesImport.objects.exclude(state=SalesImport.State.FAILED).exists()


def test_missing_file_mapping_and_store_say_so(
    tmp_path: Path, run: Import, write_csv: WriteCsv
) -> None:
    with pytest.raises(Invalid, match="找不到文件"):
        run(tmp_path / "none.csv")
    path = write_csv("2026-10-17,M,P,品,1,1,1", header=",".join(EXPORT))
    with pytest.raises(Invalid, match="“S77”不在门店表里"):
        run(path, document={**BY_CARD, "constants": {"store": "S77"}})


def test_unknown_mapping_says_which_there_are(
    write_csv: WriteCsv, now: datetime, stores: Any
) -> None:
    services.save_mapping(name="朝阳", document=BY_CARD, by=None, now=now)
    with pytest.raises(NotThere, match="没有名为“朝晖”的列映射。现有：朝阳"):
        services.import_sales(path=write_csv(LINE), name="a", mapping_name="朝晖", by=None, now=now)


def test_progress_ends_at_the_whole(write_csv: WriteCsv, run: Import) -> None:
    seen: list[tuple[int, int, str]] = []
    path = write_csv(LINE)
    run(path, report=lambda *told: seen.append(told))
    assert seen[0] == (path.stat().st_size, path.stat().st_size, "已检查 1 行")
    assert all(done <= total for done, total, _ in seen)
    assert seen[-1][2] == "正在生效"


def test_bad_rows_download_opens_in_excel(write_csv: WriteCsv, run: Import) -> None:
    done = run(write_csv(LINE, '"=HYPERLINK(""x"")",2026-10-17,R,P,1,1,1,'))
    text = "".join(services.bad_rows_csv(done))
    assert text.startswith("\ufeff行号,列,值,原因\r\n")
    assert text.count("\n") == 2
    assert "\"'=HYPERLINK" in text

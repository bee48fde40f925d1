"""Files of a pack as tables, cells as values."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings

from haitang.datapack.tables import BadCell, Row, opened_pack, read_table, read_text
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid


def row(**cells: str) -> Row:
    return Row(2, cells)


def test_cells_become_values() -> None:
    assert row(x="2026-10-07").day("x") == date(2026, 10, 7)
    assert row(x="2026/1/7").day("x") == date(2026, 1, 7)
    assert row(x="").optional_day("x") is None
    assert row(x="2026-10").month("x") == Month(2026, 10)
    assert row(x="1/3").number("x") == Fraction(1, 3)
    assert row(x="０．２５").number("x") == Fraction(1, 4)
    assert row(x="12.34").fen("x") == 1234
    assert row(x="0").whole("x") == 0
    assert row(x="").optional_whole("x") is None
    assert row(x="S01;S02； S01 ;").items("x") == ("S01", "S02")
    assert row().optional("x") == ""


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (Row.text, "", "不能为空"),
        (Row.day, "2018-02-29", "没有这一天"),
        (Row.day, "17.10.2026", "请写成 2026-10-17"),
        (Row.day, "", "不能为空"),
        (Row.month, "2026-13", "请写成 2026-10"),
        (Row.number, "多", "不是数"),
        (Row.fen, "1.005", "小数超过两位"),
        (Row.whole, "1.5", "整数"),
        (Row.whole, "-1", "整数"),
    ],
)
def test_cell_that_cannot_be_used_says_column_value_and_reason(
    read: Callable[[Row, str], object], text: str, reason: str
) -> None:
    with pytest.raises(BadCell, match=reason) as bad:
        read(row(x=text), "x")
    assert (bad.value.column, bad.value.value) == ("x", text)


def test_choice_names_what_is_possible() -> None:
    with pytest.raises(BadCell, match="只能是 small、large 之一"):
        row(x="tiny").choice("x", ["small", "large"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_table_is_read_in_each_encoding_with_true_line_numbers(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "stores.csv"
    text = ' code ,name\r\nS01,"解放路\r\n店"\r\n,\r\nS02, 人民路店 \r\n'
    path.write_bytes(text.encode(encoding))
    table = read_table(path, path.name, ["code", "name"])
    assert list(table.headers) == ["code", "name"]
    assert [(each.line, each.cells["code"]) for each in table.rows] == [(3, "S01"), (5, "S02")]
    assert table.rows[1].cells["name"] == "人民路店"


def test_columns_may_stand_in_any_order_with_others_between(tmp_path: Path) -> None:
    path = tmp_path / "stores.csv"
    path.write_text("备注,name,code\nx,一店,S01\n", encoding="utf-8")
    assert read_table(path, path.name, ["code", "name"]).rows[0].text("code") == "S01"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"code\nS01\n", "缺少列 name"),
        (b"", "缺少列 code、name"),
        (b"code,name,code\nS01,x,S02\n", "列 code 出现了两次"),
        (b"code,name\n\xff\xff,x\n", "编码认不出来"),
        (b"code,name\nS\x0001,x\n", "空字符"),
    ],
)
def test_file_that_is_no_table_is_refused_with_its_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "stores.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"stores\.csv") as refused:
        read_table(path, path.name, ["code", "name"])
    assert reason in str(refused.value)


def test_zip_is_opened_whatever_folders_it_has_and_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "pack.ZIP"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("药堂/stores.csv", "code\n")
        archive.writestr("__MACOSX/._stores.csv", "x")
        archive.writestr("药堂/.hidden", "x")
        archive.writestr("../../escape.csv", "x")
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    with opened_pack(path) as files:
        assert sorted(files) == ["escape.csv", "stores.csv"]
        assert read_text(files["stores.csv"], "stores.csv") == "code\n"
        left = [each.read_bytes() for each in incoming.iterdir()]
    assert len(left) == 2
    assert not any(b"code" in each for each in left)  # what a kill would leave
    assert not list(incoming.iterdir())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06"])
def test_broken_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"不是完好的 \.zip"), opened_pack(path):
        pass


def test_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    """Bit 0 of the general flags says that a member is encrypted."""
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stores.csv", "code\n")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(Invalid, match="不加密码"), opened_pack(path):
        pass


@pytest.mark.parametrize("name", ["nothing", "pack.rar"])
def test_path_that_is_no_pack_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "pack.rar").write_bytes(b"x")
    with pytest.raises(Invalid, match="找不到数据包"), opened_pack(tmp_path / name):
        pass

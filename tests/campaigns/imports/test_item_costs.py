"""The item cost list: what is read, replaced, refused; the command."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.imports.item_costs import load_item_costs
from campaigns.models import ItemCost
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db

HEAD = "商品编码,生效日期,单位成本\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "成本.csv"


def _load(file: Path, text: str, now: datetime, encoding: str = "utf-8") -> str:
    file.write_text(text, encoding=encoding)
    return load_item_costs(path=file, name=file.name, by=None, now=now).sentence


def test_costs_are_read_as_people_write_them(file: Path, now: datetime) -> None:
    rows = 'Ａ1,2026年1月1日,"1,234.5678"\n="0012",2026/2/1,¥３．５\n'
    _load(file, HEAD + rows, now, encoding="gb18030")
    assert list(ItemCost.objects.order_by("item").values_list("item", "valid_from", "cost")) == [
        ("0012", date(2026, 2, 1), Decimal("3.5")),
        ("A1", date(2026, 1, 1), Decimal("1234.5678")),
    ]


def test_list_replaces_the_same_day_and_keeps_others(file: Path, now: datetime) -> None:
    _load(file, HEAD + "A1,2026-01-01,1\nA1,2026-06-01,2\nB2,2026-01-01,5\n", now)
    said = _load(file, HEAD + "A1,2026-06-01,3\nB2,2026-01-01,5.00\nC3,2026-01-01,7\n", now)
    assert "新增 1 条成本，改动 1 条，1 条与原来相同" in said
    costs = {(c.item, c.valid_from.month): c.cost for c in ItemCost.objects.all()}
    assert costs == {("A1", 1): 1, ("A1", 6): 3, ("B2", 1): 5, ("C3", 1): 7}


def test_same_list_again_changes_and_records_nothing(file: Path, now: datetime) -> None:
    _load(file, HEAD + "A1,2026-01-01,1\n", now)
    assert "新增 0 条成本，改动 0 条" in _load(file, HEAD + "A1,2026-01-01,1.0\n", now)
    assert AuditEntry.objects.filter(act="load_item_costs").count() == 1


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",2026-01-01,1", "商品编码是空的"),
        ("A1,2026-02-29,1", "没有 2026 年 2 月 29 日这一天"),
        ("A1,2026-01-01,", "单位成本“”是空的"),
        ("A1,2026-01-01,-1", "单位成本是负数"),
        ("A1,2026-01-01,1.23456", "小数超过 4 位"),
        ("A0,2026-01-01,2", "已有另一个成本"),
    ],
)
def test_bad_row_refuses_the_whole_list(row: str, sentence: str, file: Path, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        _load(file, f"{HEAD}A0,2026-01-01,1\n{row}\n", now)
    assert "第 3 行" in refused.value.details[0]
    assert sentence in refused.value.details[0]
    assert not ItemCost.objects.exists()


def test_list_without_a_column_says_which(file: Path, now: datetime) -> None:
    with pytest.raises(Invalid, match="没有“生效日期”这一列"):
        _load(file, "商品编码,单位成本\nA1,1\n", now)


def test_list_without_rows_is_refused(file: Path, now: datetime) -> None:
    with pytest.raises(Invalid, match="没有一行成本"):
        _load(file, HEAD, now)


def test_command_tells_what_it_did(
    file: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEAD + "A1,2026-01-01,1\n", encoding="utf-8")
    call_command("import_item_costs", str(file))
    assert "新增 1 条成本" in capsys.readouterr().out
    with pytest.raises(CommandError, match="找不到文件"):
        call_command("import_item_costs", str(file) + "x")

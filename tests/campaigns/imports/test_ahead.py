"""Large files are read and checked in a second process; the outcome is the same."""

from __future__ import annotations

import io
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from benchmarks.generate import generate_sales
from campaigns.imports import ahead
from campaigns.imports.services import run_import, submit_import
from campaigns.models import SaleLine, SalesImport, StoreDay
from haitang.kernel.errors import Invalid
from tests.campaigns.imports.conftest import Import, WriteCsv
from tests.campaigns.imports.parts import BY_CARD, EXPORT, LINE, bad

FIELDS = ("line_no", "receipt", "item", "quantity_milli", "amount_fen", "cost_fen", "card_id")


@pytest.fixture
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WORTH_BYTES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def facts(done: SalesImport) -> list[Any]:
    lines = SaleLine.objects.filter(store_day__sales_import=done)
    days = StoreDay.objects.filter(sales_import=done).order_by("store", "date")
    return [
        *lines.order_by("line_no").values_list(*FIELDS),
        *days.values_list("store__code", "date", "customers", "amount_fen", "cost_fen"),
    ]


def test_second_process_gives_the_same_lines(
    tmp_path: Path, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv"
    generate_sales(path, lines=70_000, stores=2, days=300, seed=5)
    text = path.read_text().replace("S001,", "S01,").replace("S002,", "S02,")
    path.write_text(text + ",,,,,,,\n合计,,,,1,1,1,\n")
    here = run(path)
    monkeypatch.setattr(ahead, "WORTH_BYTES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    there = run(path, again=True)
    assert (there.lines_accepted, there.lines_ignored) == (70_000, 2)
    assert facts(there) == facts(here)


@pytest.mark.usefixtures("_every_file_is_large")
def test_second_process_keeps_mapping_and_reasons(write_csv: WriteCsv, run: Import) -> None:
    rows = ["2018-02-29,M,P,品,1,0,1", "2026-10-17,M,P,品,1,0,0.01"]
    done = run(write_csv(*rows, header=",".join(EXPORT)), document=BY_CARD)
    assert bad(done) == [(2, "购药时间", "2018-02-29")]
    assert SaleLine.objects.get().cost_fen == 1


@pytest.mark.usefixtures("_every_file_is_large", "stores")
def test_second_process_reads_a_kept_file_that_stays_encrypted(
    write_csv: WriteCsv, now: datetime, settings: Settings
) -> None:
    content = write_csv(LINE + "60000001").read_bytes()
    kept = submit_import(content=io.BytesIO(content), name="sales.csv", by=None, now=now)
    done = run_import(import_id=kept.pk, now=now, report=lambda *_: None)
    assert done.lines_accepted == 1
    lying = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert len(lying) == 1
    assert b"60000001" not in lying[0].read_bytes()


@pytest.mark.usefixtures("_every_file_is_large")
def test_second_process_hands_its_refusal_over(write_csv: WriteCsv, run: Import) -> None:
    with pytest.raises(Invalid, match="第 3 行附近的引号没有成对"):
        run(write_csv(LINE, f'S01,"{"x" * 200_000}'))
    assert not StoreDay.objects.exists()


@pytest.mark.usefixtures("_every_file_is_large")
def test_second_process_that_dies_ends_the_import(
    write_csv: WriteCsv, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def dying(command: list[str], **options: Any) -> Any:
        code = "import pickle, sys; pickle.load(sys.stdin.buffer)"
        return real([command[0], "-c", code], **options)

    monkeypatch.setattr("campaigns.imports.ahead.subprocess.Popen", dying)
    with pytest.raises(RuntimeError, match="ended early"):
        run(write_csv(LINE))
    assert SalesImport.objects.get().state == SalesImport.State.FAILED
    assert not StoreDay.objects.exists()

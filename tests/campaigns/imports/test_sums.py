"""A store-day's sums are those of its lines, however the file is cut into chunks."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from django.db import connection

from campaigns.imports.csv_files import CsvTable
from campaigns.models import StoreDay
from tests.campaigns.imports.conftest import Import, WriteCsv

Row = tuple[str, int, str, int, int, int]


def _rows(seed: int) -> list[Row]:
    """Store, day of October, receipt, quantity, amount and cost in yuan: returns among them."""
    chance = random.Random(seed)
    rows = []
    for _ in range(60):
        sign = chance.choice((1, 1, 1, -1))
        rows.append(
            (
                chance.choice(("S01", "S02")),
                chance.randint(1, 4),
                f"R{chance.randint(1, 6)}",
                sign * chance.randint(1, 3),
                sign * chance.randint(1, 90),
                sign * chance.randint(1, 50),
            )
        )
    return rows if seed % 2 else sorted(rows)


def _expected(rows: list[Row]) -> dict[tuple[str, int], tuple[int, ...]]:
    """(lines, customers, thousandths, fen, fen) by store and day, added up one by one."""
    lines: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        lines[row[:2]].append(row)
    return {
        key: (
            len(some),
            len({row[2] for row in some if row[3] > 0}),
            sum(row[3] for row in some) * 1000,
            sum(row[4] for row in some) * 100,
            sum(row[5] for row in some) * 100,
        )
        for key, some in lines.items()
    }


@pytest.fixture(params=[1, 7, 60])
def _chunks_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CsvTable.chunks, "__defaults__", (request.param,))


@pytest.mark.usefixtures("_chunks_of")
@pytest.mark.parametrize("seed", range(4))
def test_store_days_hold_the_sums_of_their_lines(
    write_csv: WriteCsv, run: Import, seed: int
) -> None:
    rows = _rows(seed)
    run(write_csv(*(f"{s},2026-10-{d:02},{r},P1,{q},{a},{c}," for s, d, r, q, a, c in rows)))
    found = {
        (day.store.code, day.date.day): (
            day.lines,
            day.customers,
            day.units_milli,
            day.amount_fen,
            day.cost_fen,
        )
        for day in StoreDay.objects.select_related("store")
    }
    assert found == _expected(rows)


@pytest.mark.django_db(transaction=True)
def test_lines_written_beside_the_import_are_gone_when_it_fails(
    write_csv: WriteCsv, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL a thread writes them, and has ended before what is there is deleted."""
    from campaigns.imports import switching
    from campaigns.models import SaleLine

    def broken(*_: object, **__: object) -> None:
        assert SaleLine.objects.count() == 3
        raise OSError("the disk is full")

    monkeypatch.setattr(CsvTable.chunks, "__defaults__", (1,))
    monkeypatch.setattr(switching, "switch", broken)
    assert not connection.in_atomic_block
    with pytest.raises(OSError, match="full"):
        run(write_csv(*(f"S01,2026-10-0{day},R1,P1,1,10.00,7.00," for day in (1, 2, 3))))
    assert not SaleLine.objects.exists()
    assert not StoreDay.objects.exists()

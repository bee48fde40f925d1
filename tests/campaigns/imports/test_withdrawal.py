from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.imports import services
from campaigns.models import SaleLine, SalesImport, Store, StoreDay
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from tests.campaigns.imports.conftest import HEADER, Import, WriteCsv


def line(day: int = 17, amount: str = "10.00", store: str = "S01") -> str:
    return f"{store},2026-10-{day},R1,P1,1,{amount},7.00,"


def active() -> dict[tuple[str, int], int]:
    days = StoreDay.objects.filter(is_active=True)
    return {
        (store, day.day): amount
        for store, day, amount in days.values_list("store__code", "date", "amount_fen")
    }


def test_withdrawal_brings_back_what_was_replaced(
    write_csv: WriteCsv, run: Import, now: datetime
) -> None:
    run(write_csv(line(17), line(18), name="a.csv"))
    wrong = run(write_csv(line(17, "99.00"), line(19, "99.00"), name="b.csv"))
    result = services.withdraw_import(sales_import=wrong, reason="传错了", by=None, now=now)
    assert active() == {("S01", 17): 1000, ("S01", 18): 1000}
    assert (result.restored, result.emptied, result.lost) == (1, 1, 0)
    assert wrong.state == SalesImport.State.WITHDRAWN
    assert AuditEntry.objects.get(act="withdraw").details["reason"] == "传错了"


def test_withdrawal_twice_is_refused(write_csv: WriteCsv, run: Import, now: datetime) -> None:
    wrong = run(write_csv(line()))
    services.withdraw_import(sales_import=wrong, reason="错", by=None, now=now)
    with pytest.raises(Conflict, match="已撤回"):
        services.withdraw_import(sales_import=wrong, reason="错", by=None, now=now)


def test_withdrawal_needs_a_reason(write_csv: WriteCsv, run: Import, now: datetime) -> None:
    with pytest.raises(Invalid, match="原因"):
        services.withdraw_import(sales_import=run(write_csv(line())), reason=" ", by=None, now=now)


def test_withdrawn_file_can_be_imported_again(
    write_csv: WriteCsv, run: Import, now: datetime
) -> None:
    path = write_csv(line())
    first = run(path)
    services.withdraw_import(sales_import=first, reason="错", by=None, now=now)
    assert run(path).pk != first.pk
    assert active() == {("S01", 17): 1000}


def test_withdrawal_of_a_superseded_import_changes_no_figure(
    write_csv: WriteCsv, run: Import, now: datetime
) -> None:
    first = run(write_csv(line(amount="1.00"), name="a.csv"))
    last = run(write_csv(line(amount="2.00"), name="b.csv"))
    services.withdraw_import(sales_import=first, reason="错", by=None, now=now)
    assert active() == {("S01", 17): 200}
    services.withdraw_import(sales_import=last, reason="错", by=None, now=now)
    assert active() == {}


def test_purge_keeps_what_is_recent_and_says_what_is_lost(
    write_csv: WriteCsv, run: Import, now: datetime
) -> None:
    first = run(write_csv(line(17, "1.00"), line(18, "1.00"), name="a.csv"))
    last = run(write_csv(line(17, "2.00"), name="b.csv"))
    assert services.purge_superseded(now=now + timedelta(days=180)) == 0
    assert services.purge_superseded(now=now + timedelta(days=181)) == 1
    assert services.purge_superseded(now=now + timedelta(days=181)) == 0
    first.refresh_from_db()
    assert first.purged_at is not None
    assert SaleLine.objects.count() == 2  # the 18th of a.csv still counts
    result = services.withdraw_import(sales_import=last, reason="错", by=None, now=now)
    assert (result.restored, result.emptied, result.lost) == (0, 1, 1)
    assert "已过保留期而清除" in result.sentence
    assert active() == {("S01", 18): 100}


def test_purge_clears_withdrawn_imports(write_csv: WriteCsv, run: Import, now: datetime) -> None:
    wrong = run(write_csv(line()))
    services.withdraw_import(sales_import=wrong, reason="错", by=None, now=now)
    assert services.purge_superseded(now=now + timedelta(days=181)) == 1
    assert not SaleLine.objects.exists()


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("import"),
            st.sets(st.tuples(st.sampled_from(["S01", "S02"]), st.integers(10, 13)), min_size=1),
        ),
        st.tuples(st.just("withdraw"), st.integers(0, 9)),
    ),
    max_size=10,
)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_store_day_never_counts_twice(
    steps: list[tuple[str, object]], stores: list[Store], now: datetime, tmp_path: Path
) -> None:
    """Any sequence of imports and withdrawals against a list of dictionaries."""
    for row in SalesImport.objects.all():  # of the example before
        row.days.update(is_active=False)
        row.days.all().delete()
        row.delete()
    model: list[dict[tuple[str, int], int]] = []
    imports: list[SalesImport] = []
    for kind, what in steps:
        if kind == "import":
            assert isinstance(what, set)
            amount = len(imports) + 1
            rows = [line(day, f"{amount}.00", store) for store, day in sorted(what)]
            path = tmp_path / "steps.csv"
            path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
            imports.append(
                services.import_sales(
                    path=path, name="steps.csv", mapping_name=None, by=None, now=now
                )
            )
            model.append(dict.fromkeys(what, amount * 100))
        elif imports:
            assert isinstance(what, int)
            index = what % len(imports)
            imports[index].refresh_from_db()
            if imports[index].state == SalesImport.State.DONE:
                services.withdraw_import(sales_import=imports[index], reason="错", by=None, now=now)
                model[index] = {}
        expected: dict[tuple[str, int], int] = {}
        for part in model:
            expected |= part
        assert active() == expected
        assert StoreDay.objects.filter(is_active=True).count() == len(expected)


def test_withdrawal_brings_back_only_days_that_it_held(
    write_csv: WriteCsv, run: Import, now: datetime
) -> None:
    """a ← b ← c on one day: without b nothing changes, without c then a is back."""
    run(write_csv(line(amount="1.00"), name="a.csv"))
    second = run(write_csv(line(amount="2.00"), name="b.csv"))
    third = run(write_csv(line(amount="3.00"), name="c.csv"))
    services.withdraw_import(sales_import=second, reason="错", by=None, now=now)
    assert active() == {("S01", 17): 300}
    services.withdraw_import(sales_import=third, reason="错", by=None, now=now)
    assert active() == {("S01", 17): 100}
    assert StoreDay.objects.get(is_active=True).date == date(2026, 10, 17)

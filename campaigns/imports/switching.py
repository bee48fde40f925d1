"""Roll-ups of what came in pieces, the short transaction that makes an import count; withdrawal.

At most one version of a store-day is active (``storeday_counts_once``): the old versions are
switched off before the new ones are switched on, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Min, Sum

from accounts.models import User
from campaigns.imports.loading import batches
from campaigns.models import SaleLine, SalesImport, StoreDay
from haitang.kernel import audit
from haitang.kernel.errors import Conflict
from haitang.kernel.models import Lease

STREAM = "sales"
_LINES = SaleLine._meta.db_table
_DAYS = StoreDay._meta.db_table
_IMPORTS = SalesImport._meta.db_table
_DAYS_A_SLICE = 500
# One row that every switch and withdrawal locks, so that PostgreSQL runs them one by one; SQLite
# has one writer anyway.
_SWITCH_LOCK = "sales-switch"


def roll_up(days: Sequence[int], progress: Callable[[int, int], None]) -> None:
    """Fill in the roll-ups of those store-days from their lines, slice by slice.

    ``progress(done, total)`` counts store-days.
    """
    done = 0
    for some in batches(days, _DAYS_A_SLICE):
        _roll_up_slice(some)
        done += len(some)
        progress(done, len(days))
    _refresh_statistics()


def _refresh_statistics() -> None:
    """Tell PostgreSQL's planner of the new rows at once: with the old figures it takes the switch
    of 80,000 store-days for one of a few, and needs minutes instead of a second."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_DAYS}")
            cursor.execute(f"ANALYZE {_LINES}")


def _roll_up_slice(days: Sequence[int]) -> None:
    """Read outside the transaction: SQLite then holds its write lock for the figures alone."""
    marks = ",".join(["%s"] * len(days))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*), COUNT(DISTINCT CASE WHEN quantity_milli > 0 THEN receipt END),"  # noqa: S608
            " SUM(quantity_milli), SUM(amount_fen), SUM(cost_fen), store_day_id"
            f" FROM {_LINES} WHERE store_day_id IN ({marks}) GROUP BY store_day_id",
            days,
        )
        sums = cursor.fetchall()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_DAYS} SET lines = %s, customers = %s, units_milli = %s,"  # noqa: S608
            " amount_fen = %s, cost_fen = %s WHERE id = %s",
            sums,
        )


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a file."""

    read: int
    accepted: int
    refused: int
    ignored: int


def switch(
    *,
    sales_import: SalesImport,
    counts: Counts,
    fence: Callable[[], None],
    by: User | None,
    now: datetime,
) -> None:
    """Make the import's store-days the ones that count, in one short transaction.

    Raises Conflict when the import is no longer being loaded, and whatever ``fence`` raises when
    another process took over. Writes the audit entry.
    """
    days = StoreDay.objects.filter(sales_import=sales_import)
    sums = days.aggregate(first=Min("date"), last=Max("date"), amount=Sum("amount_fen"))
    count = days.count()
    with transaction.atomic():
        fence()
        _lock()
        row = SalesImport.objects.select_for_update().get(pk=sales_import.pk)
        if row.state != SalesImport.State.LOADING:
            raise Conflict(f"导入 #{row.pk} 已是“{row.get_state_display()}”，没有再次生效。")
        replaced = _deactivate_older(row.pk)
        days.update(is_active=True)
        row.effect_number = _next_effect()
        row.state = SalesImport.State.DONE
        row.effective_at = now
        row.lines_read, row.lines_accepted = counts.read, counts.accepted
        row.lines_refused, row.lines_ignored = counts.refused, counts.ignored
        row.store_days, row.amount_fen = count, sums["amount"] or 0
        row.first_date, row.last_date = sums["first"], sums["last"]
        row.error = ""
        row.save()
        audit.record(
            stream=STREAM, act="import", obj=row, by=by, now=now, details=_summary(row, replaced)
        )
    sales_import.refresh_from_db()


def _lock() -> None:
    """Wait for other switches; call inside a transaction."""
    never = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    Lease.objects.bulk_create([Lease(name=_SWITCH_LOCK, until=never)], ignore_conflicts=True)
    Lease.objects.select_for_update().get(name=_SWITCH_LOCK)


def _next_effect() -> int:
    last = SalesImport.objects.aggregate(last=Max("effect_number"))["last"]
    return (last or 0) + 1


def _deactivate_older(import_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_DAYS} SET is_active = %s WHERE id IN (SELECT old.id FROM {_DAYS} new"  # noqa: S608
            f" JOIN {_DAYS} old ON old.store_id = new.store_id AND old.date = new.date"
            " AND old.is_active WHERE new.sales_import_id = %s AND old.sales_import_id <> %s)",
            [False, import_id, import_id],
        )
        return int(cursor.rowcount)


def _summary(row: SalesImport, replaced: int) -> dict[str, object]:
    return {
        "file": row.file_name,
        "source": row.source,
        "digest": row.digest,
        "accepted": row.lines_accepted,
        "refused": row.lines_refused,
        "store_days": row.store_days,
        "replaced_store_days": replaced,
        "amount_fen": row.amount_fen,
        "first": row.first_date,
        "last": row.last_date,
    }


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal did to the store-days that counted until then.

    ``restored`` came back from an earlier import; ``emptied`` have no sales now, ``lost`` of
    them because the earlier version has been purged.
    """

    sales_import: SalesImport
    restored: int
    emptied: int
    lost: int

    @property
    def sentence(self) -> str:
        text = (
            f"导入 #{self.sales_import.pk} 已撤回：{self.restored} 个门店日恢复为之前的版本，"
            f"{self.emptied} 个门店日现在没有销售。"
        )
        if self.lost:
            text += (
                f"其中 {self.lost} 个门店日之前的明细已过保留期而清除，要恢复请重新导入当时的文件。"
            )
        return text


def withdraw(
    *, sales_import: SalesImport, reason: str, by: User | None, now: datetime
) -> Withdrawal:
    """Take the import out and let what it replaced come back, in one short transaction.

    Of each store-day that it held, the version that took effect last among the other imports
    in effect becomes active. Raises Conflict unless the import is in effect.
    """
    with transaction.atomic():
        _lock()
        row = SalesImport.objects.select_for_update().get(pk=sales_import.pk)
        if row.state != SalesImport.State.DONE:
            raise Conflict(
                f"导入 #{row.pk} 现在是“{row.get_state_display()}”，只有已生效的导入可以撤回。"
            )
        held, restored, lost = _swap_back(row.pk)
        row.state = SalesImport.State.WITHDRAWN
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_reason = now, by, reason[:200]
        row.save()
        result = Withdrawal(row, restored, held - restored, lost)
        audit.record(
            stream=STREAM,
            act="withdraw",
            obj=row,
            by=by,
            now=now,
            details={
                "reason": reason,
                "restored": restored,
                "emptied": result.emptied,
                "lost": lost,
            },
        )
    sales_import.refresh_from_db()
    return result


_EARLIER = f"""
    SELECT c.id, c.lines, c.store_id, c.date, i.id AS import_id,
           ROW_NUMBER() OVER (PARTITION BY c.store_id, c.date
                              ORDER BY i.effect_number DESC) AS place
    FROM {_DAYS} w
    JOIN {_DAYS} c ON c.store_id = w.store_id AND c.date = w.date AND c.id <> w.id
    JOIN {_IMPORTS} i ON i.id = c.sales_import_id AND i.state = 'done'
    WHERE w.sales_import_id = %s AND w.is_active
"""  # noqa: S608


@dataclass(frozen=True)
class Forecast:
    """What a withdrawal would do now: store-days held, and what each earlier import gets back."""

    held: int
    lost: int
    back: tuple[tuple[SalesImport, int], ...]

    @property
    def restored(self) -> int:
        return sum(number for _, number in self.back)

    @property
    def emptied(self) -> int:
        """Store-days that would have no sales."""
        return self.held - self.restored


def forecast_withdrawal(sales_import: SalesImport) -> Forecast:
    """What would come back if this import were withdrawn now. Writes nothing; three queries."""
    held = StoreDay.objects.filter(sales_import=sales_import, is_active=True).count()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.import_id, CASE WHEN e.lines > 0 THEN 1 ELSE 0 END AS kept, COUNT(*)"  # noqa: S608
            f" FROM ({_EARLIER}) e WHERE place = 1 GROUP BY 1, 2",
            [sales_import.pk],
        )
        rows = cursor.fetchall()
    imports = SalesImport.objects.in_bulk({pk for pk, kept, _ in rows if kept})
    back = sorted((pk, number) for pk, kept, number in rows if kept)
    return Forecast(
        held=held,
        lost=sum(number for _, kept, number in rows if not kept),
        back=tuple((imports[pk], number) for pk, number in reversed(back)),
    )


def _swap_back(import_id: int) -> tuple[int, int, int]:
    """(held, restored, lost) store-days. A purged store-day has no lines left: ``lines = 0``."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, lines FROM ({_EARLIER}) e WHERE place = 1", [import_id])  # noqa: S608
        earlier = cursor.fetchall()
        back = [(day,) for day, lines in earlier if lines]
        cursor.execute(
            f"UPDATE {_DAYS} SET is_active = %s WHERE sales_import_id = %s AND is_active",  # noqa: S608
            [False, import_id],
        )
        held = int(cursor.rowcount)
    for start in range(0, len(back), 500):
        ids = [day for (day,) in back[start : start + 500]]
        StoreDay.objects.filter(pk__in=ids).update(is_active=True)
    return held, len(back), len(earlier) - len(back)

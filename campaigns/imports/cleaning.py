"""What imports leave behind: partial lines of dead ones, lines of superseded store-days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from campaigns.imports.leasing import import_lease
from campaigns.imports.loading import batches, delete_lines
from campaigns.imports.pipeline import fail
from campaigns.models import SalesImport, StoreDay
from haitang.kernel.errors import Conflict

_DAYS_AT_ONCE = 200
State = SalesImport.State


class Interrupted(Exception):
    """Why a dead import failed; its sentence is ``pipeline.fail``'s own."""


def clean_dead_imports(*, keep: int | None = None) -> int:
    """Fail every import that is LOADING although nobody loads; returns how many.

    Only the holder of the import lease may call this: nobody else can be loading then. ``keep``
    is the import about to be loaded.
    """
    dead = SalesImport.objects.filter(state=State.LOADING).exclude(pk=keep or 0)
    for sales_import in dead:
        fail(sales_import, Interrupted())
    return len(dead)


def sweep_imports(*, now: datetime) -> int:
    """Clean up after dead imports and purge old versions, unless an import runs just now.

    Returns the number of store-days purged.
    """
    try:
        with import_lease():
            clean_dead_imports()
            return purge_superseded(now=now)
    except Conflict:
        return 0


def purge_superseded(*, now: datetime) -> int:
    """Delete the lines of store-days that have not counted for SALES_KEEP_SUPERSEDED_DAYS.

    In short transactions. The store-day stays with ``lines = 0``, so that a withdrawal can say
    that it cannot come back; its import is marked with ``purged_at``. Returns their number.
    """
    before = now - timedelta(days=settings.SALES_KEEP_SUPERSEDED_DAYS)
    later = StoreDay.objects.filter(
        store=OuterRef("store"),
        date=OuterRef("date"),
        sales_import__state=State.DONE,
        sales_import__effect_number__gt=OuterRef("sales_import__effect_number"),
        sales_import__effective_at__lt=before,
    )
    withdrawn = Q(sales_import__state=State.WITHDRAWN, sales_import__withdrawn_at__lt=before)
    old = StoreDay.objects.filter(is_active=False, lines__gt=0).filter(withdrawn | Exists(later))
    found = list(old.order_by("id").values_list("id", flat=True))
    for ids in batches(found, _DAYS_AT_ONCE):
        with transaction.atomic():
            # Compare-and-set: a withdrawal may have brought some back in between.
            still = StoreDay.objects.filter(id__in=ids, is_active=False)
            locked = list(still.select_for_update().values_list("id", flat=True))
            StoreDay.objects.filter(id__in=locked).update(
                lines=0, customers=0, units_milli=0, amount_fen=0, cost_fen=0
            )
            delete_lines(locked)
            imports = SalesImport.objects.filter(days__id__in=locked)
            SalesImport.objects.filter(
                pk__in=set(imports.values_list("pk", flat=True)), purged_at=None
            ).update(purged_at=now)
    return len(found)

"""Adding stores and changing their facts, each with its audit record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from campaigns.models import Store
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid

STREAM = "stores"


@dataclass(frozen=True)
class StoreEntry:
    """The facts of a store as somebody enters them; ``closed_on`` is the last open day."""

    name: str
    opened_on: date
    closed_on: date | None = None


def add_store(*, code: str, entry: StoreEntry, by: User | None, now: datetime) -> Store:
    """Add a store. Invalid for facts that cannot be, Conflict for a code that is taken."""
    code = code.strip()
    if not code or len(code) > 30 or "/" in code or not code.isprintable():
        raise Invalid("门店编码要写 1 到 30 个字，不能有斜杠和换行。")
    _check(entry)
    try:
        with transaction.atomic():
            store = Store.objects.create(code=code, **asdict(entry))
            _record("add_store", store, by=by, now=now, details=asdict(entry))
    except IntegrityError:
        raise Conflict(f"已经有编码为“{code}”的门店：请换一个编码，或去改那家店。") from None
    return store


def change_store(*, store: Store, entry: StoreEntry, by: User | None, now: datetime) -> bool:
    """Change name and days of a store; whether anything changed. The code stays for ever.

    Campaigns and baselines ask for the opening day (docs/rules.md §3): months already calculated
    keep their figures until they are calculated again. Invalid for facts that cannot be.
    """
    _check(entry)
    with transaction.atomic():
        row = Store.objects.select_for_update().get(pk=store.pk)
        changes = {
            field: {"was": getattr(row, field), "now": value}
            for field, value in asdict(entry).items()
            if getattr(row, field) != value
        }
        if not changes:
            return False
        for field, value in asdict(entry).items():
            setattr(row, field, value)
        row.save(update_fields=list(changes))
        _record("change_store", row, by=by, now=now, details=changes)
    return True


def _check(entry: StoreEntry) -> None:
    if not entry.name.strip() or len(entry.name) > 100:
        raise Invalid("门店名称要写 1 到 100 个字。")
    if entry.closed_on and entry.closed_on < entry.opened_on:
        raise Invalid(
            f"停业日期 {entry.closed_on} 早于开业日期 {entry.opened_on}：请核对两个日期。"
        )


def _record(
    act: str, store: Store, *, by: User | None, now: datetime, details: dict[str, Any]
) -> None:
    audit.record(stream=STREAM, act=act, obj=store, by=by, now=now, details=details)

"""The audit trail: who did what to which object, written in the transaction of the act itself.

Entries of a stream form a hash chain: each carries the SHA-256 of its own content, which names
the hash before it; the stream's head row names the last. Changing, removing or inserting an
entry afterwards breaks the chain there (``verify``). The database refuses UPDATE and DELETE.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.transaction import TransactionManagementError

from haitang.kernel.append_only import missing_triggers
from haitang.kernel.models import AuditEntry, AuditStream

SYSTEM = "系统"
DOWNLOADS = "downloads"
_STANDS_IN = "_stands_in_for"


@dataclass(frozen=True)
class Break:
    """The first entry of a stream that does not fit; ``reason`` is a Chinese sentence."""

    stream: str
    number: int
    reason: str


def record(
    *,
    stream: str,
    act: str,
    by: AbstractBaseUser | None,
    now: datetime,
    details: dict[str, Any] | None = None,
    obj: models.Model | None = None,
    object_type: str = "",
    object_id: object = "",
    object_name: str = "",
) -> AuditEntry:
    """Append an entry to the stream; ``by=None`` is the system itself.

    The object is ``obj``, or given by type, id and name. Names that are too long are cut.
    Appends to one stream wait for one another until the transaction ends. Raises
    TransactionManagementError outside ``atomic`` and TypeError for a float in the details
    (its digits differ between databases). What ``stand_in`` said of ``by`` is among the details.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("audit.record belongs into the act's own transaction")
    if obj is not None:
        object_type = object_type or obj._meta.label_lower
        object_id = object_id or obj.pk
        object_name = object_name or str(obj)
    AuditStream.objects.bulk_create([AuditStream(name=stream)], ignore_conflicts=True)
    head = AuditStream.objects.select_for_update().get(name=stream)
    entry = AuditEntry(
        stream=stream,
        number=head.number + 1,
        at=now.astimezone(UTC),
        actor_id=by.pk if by else None,
        actor_name=(str(by) if by else SYSTEM)[:150],
        act=act,
        object_type=object_type,
        object_id=str(object_id),
        object_name=object_name[:200],
        details=_plain({**getattr(by, _STANDS_IN, {}), **(details or {})}),
        previous_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    head.number, head.hash = entry.number, entry.hash
    head.save(update_fields=["number", "hash"])
    return entry


def record_download(
    *,
    file: str,
    by: AbstractBaseUser,
    now: datetime,
    obj: models.Model | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append that somebody takes a file along; in a transaction of its own.

    Of a download without an ``obj`` the object is the file itself.
    """
    with transaction.atomic():
        return record(
            stream=DOWNLOADS,
            act="download",
            by=by,
            now=now,
            obj=obj,
            object_type="" if obj else "file",
            object_id="" if obj else file[:100],
            object_name="" if obj else file,
            details={"file": file, **(details or {})},
        )


def stand_in(user: AbstractBaseUser, details: dict[str, Any]) -> None:
    """From now on this object's acts carry these details: for whom the person stands in."""
    setattr(user, _STANDS_IN, details)


def trail_of(obj: models.Model) -> models.QuerySet[AuditEntry]:
    """What was done to one object, newest first."""
    return AuditEntry.objects.filter(
        object_type=obj._meta.label_lower, object_id=str(obj.pk)
    ).order_by("-at", "-pk")


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 (hex) over the entry's content as canonical JSON, the previous hash included."""
    content = {
        "stream": entry.stream,
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "act": entry.act,
        "object": [entry.object_type, entry.object_id, entry.object_name],
        "details": entry.details,
        "previous": entry.previous_hash,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(stream: str | None = None) -> Iterator[Break]:
    """The first break of each stream (or of that one); nothing when every chain is whole."""
    names = set(AuditStream.objects.values_list("name", flat=True))
    names |= set(AuditEntry.objects.order_by().values_list("stream", flat=True).distinct())
    for name in sorted(names if stream is None else names & {stream}):
        found = _first_break(name)
        if found:
            yield found


def unprotected() -> bool:
    """Whether the triggers that refuse UPDATE and DELETE are gone or switched off."""
    return missing_triggers(AuditEntry._meta.db_table) > 0


def _first_break(stream: str) -> Break | None:
    number, previous = 0, ""
    for entry in AuditEntry.objects.filter(stream=stream).order_by("number").iterator(2000):
        number += 1
        if entry.number != number:
            return Break(stream, number, "缺这一条：它被删除，或序号被改动。")
        if entry.previous_hash != previous:
            return Break(stream, number, "与前一条接不上：前一条或这一条被换过。")
        if entry.hash != entry_hash(entry):
            return Break(stream, number, "内容与摘要不符：写入后被改动过。")
        previous = entry.hash
    head = AuditStream.objects.filter(name=stream).first()
    if head is None or (head.number, head.hash) != (number, previous):
        return Break(stream, number + 1, "末尾与流的登记不符：最后的记录被删除或被添加。")
    return None


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """The details as they come back from the database."""
    plain: dict[str, Any] = json.loads(
        json.dumps(value, cls=DjangoJSONEncoder), parse_float=_refuse_float
    )
    return plain


def _refuse_float(text: str) -> None:
    raise TypeError(f"{text} is a float; audit details carry integers and text")

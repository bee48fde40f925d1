"""What the writes about people share."""

from __future__ import annotations

from datetime import date

from haitang.kernel.models import AuditStream
from haitang.kernel.texts import written

STREAM = "people"
REASON_LENGTH = 200


def one_at_a_time() -> None:
    """Wait for other writes about people; call inside a transaction.

    Sums of shares and overlaps are checked before writing, so two writers must not meet.
    """
    AuditStream.objects.bulk_create([AuditStream(name=STREAM)], ignore_conflicts=True)
    AuditStream.objects.select_for_update().get(name=STREAM)


def checked_reason(reason: str) -> str:
    """The reason without blanks around it; Invalid when it is missing or too long."""
    missing = "请写明原因：它会留在操作记录里。"
    return written(reason, missing=missing, name="原因", longest=REASON_LENGTH)


def day_or_open(day: date | None) -> str:
    """A last day for the audit trail; open ones as words."""
    return day.isoformat() if day else "至今"

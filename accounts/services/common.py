"""What the writes about people share."""

from __future__ import annotations

from datetime import date

from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditStream

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
    reason = reason.strip()
    if not reason:
        raise Invalid("请写明原因：它会留在操作记录里。")
    if len(reason) > REASON_LENGTH:
        raise Invalid(f"原因太长：请写在 {REASON_LENGTH} 个字以内。")
    return reason


def day_or_open(day: date | None) -> str:
    """A last day for the audit trail; open ones as words."""
    return day.isoformat() if day else "至今"

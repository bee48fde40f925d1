"""Notices: a sentence for a person, with a way on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser

from haitang.kernel.models import Notice


def notify(
    *,
    recipients: Iterable[AbstractBaseUser],
    key: str,
    text: str,
    url: str = "",
    now: datetime,
) -> None:
    """Tell each of them once: who has a notice with that key already gets no second one.

    Text beyond 500 characters is cut.
    """
    Notice.objects.bulk_create(
        [
            Notice(recipient_id=person.pk, key=key, text=text[:500], url=url, created_at=now)
            for person in {person.pk: person for person in recipients}.values()
        ],
        ignore_conflicts=True,
    )


def mark_read(
    *, recipient: AbstractBaseUser, now: datetime, ids: Iterable[int] | None = None
) -> int:
    """Mark the person's notices (these, or all) as read; those read before keep their time.

    Returns how many were unread. Other people's notices stay untouched.
    """
    unread = Notice.objects.filter(recipient_id=recipient.pk, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=now)

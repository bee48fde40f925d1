"""Log-in throttling: how often a log-in may be tried, by user name and by address.

Counts are kept for user names that do not exist as well, so that a refusal tells nothing. They
lie in the database: every process of the product sees the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.models import LogInCount

WINDOW = timedelta(minutes=15)
# A colleague who guesses is stopped soon; who tries from many places, or many names from one
# place (a shop behind one address shares it), later.
NAME_AT_ADDRESS, NAME, ADDRESS = 5, 25, 100


def count_try(username: str, address: str, *, now: datetime) -> datetime | None:
    """Count a try before its password is looked at; until when to wait, or None to go on.

    The count begins anew 15 minutes after its first try.
    """
    counts = list(_counts(username, address))
    limits = {count.key: limit for count, limit in counts}
    with transaction.atomic():
        LogInCount.objects.filter(expires_at__lte=now).delete()
        for count, _ in counts:
            count.expires_at = now + WINDOW
        LogInCount.objects.bulk_create([count for count, _ in counts], ignore_conflicts=True)
        LogInCount.objects.filter(pk__in=limits).update(tries=F("tries") + 1)
        rows = list(LogInCount.objects.filter(pk__in=limits))
    over = [row.expires_at for row in rows if row.tries > limits[row.key]]
    return max(over) if over else None


def succeed(username: str, address: str) -> None:
    """A right password: the name's counts here begin anew, this try does not count elsewhere."""
    here, *elsewhere = (count.key for count, _ in _counts(username, address))
    LogInCount.objects.filter(pk=here).delete()
    LogInCount.objects.filter(pk__in=elsewhere, tries__gt=0).update(tries=F("tries") - 1)


def forget(username: str) -> None:
    """The administrator gave a new password: the person may try at once, from anywhere."""
    LogInCount.objects.filter(name=_of_name(username)).delete()


def _counts(username: str, address: str) -> Iterator[tuple[LogInCount, int]]:
    """The counts of a try with what each allows."""
    name = _of_name(username)
    yield LogInCount(key=_digest(name, address), name=name), NAME_AT_ADDRESS
    yield LogInCount(key=_digest(name), name=name), NAME
    yield LogInCount(key=_digest("", address)), ADDRESS


def _of_name(username: str) -> str:
    return _digest(username.strip().casefold())


def _digest(*parts: str) -> str:
    text = "\x1f".join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

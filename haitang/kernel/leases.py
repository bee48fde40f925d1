"""Leases: one holder at a time over all processes, by compare-and-set on a row.

A holder that dies lets its lease expire; nobody has to clean up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from haitang.kernel import clock
from haitang.kernel.heartbeat import Heartbeat
from haitang.kernel.models import Lease


def acquire(name: str, holder: str, seconds: float, now: datetime) -> bool:
    """Take the lease for that long, or take it anew; False while somebody else holds it."""
    until = now + timedelta(seconds=seconds)
    free = Q(holder=holder) | Q(until__lte=now)
    if Lease.objects.filter(free, name=name).update(holder=holder, until=until):
        return True
    if Lease.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            Lease.objects.create(name=name, holder=holder, until=until)
    except IntegrityError:  # somebody else made the row in between
        return False
    return True


def renew(name: str, holder: str, seconds: float, now: datetime) -> bool:
    """Hold on for that long from now; False when the lease is no longer this holder's.

    An expired lease that nobody took may be renewed.
    """
    until = now + timedelta(seconds=seconds)
    return bool(Lease.objects.filter(name=name, holder=holder).update(until=until))


def release(name: str, holder: str) -> bool:
    """Give the lease back; False when it was not this holder's."""
    return bool(Lease.objects.filter(name=name, holder=holder).delete()[0])


@contextmanager
def hold(
    name: str,
    *,
    holder: str = "",
    seconds: float = 60,
    now: Callable[[], datetime] = clock.now,
) -> Iterator[bool]:
    """``with hold("sales-inbox") as held:`` yields whether the lease was free.

    While the block runs a thread renews it every quarter of its length; afterwards it is given
    back. Without ``holder`` the block gets a name of its own, so that two threads exclude
    one another too.
    """
    holder = holder or uuid.uuid4().hex
    if not acquire(name, holder, seconds, now()):
        yield False
        return
    try:
        with Heartbeat(lambda: renew(name, holder, seconds, now()), seconds=seconds / 4, name=name):
            yield True
    finally:
        release(name, holder)

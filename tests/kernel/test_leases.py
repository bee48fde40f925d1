"""Leases: one holder at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from haitang.kernel import leases
from haitang.kernel.models import Lease

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)

pytestmark = pytest.mark.django_db


def test_acquire_is_refused_while_another_holds_it() -> None:
    assert leases.acquire("tick", "a", 60, NOW)
    assert not leases.acquire("tick", "b", 60, NOW)
    assert leases.acquire("other", "b", 60, NOW)
    assert Lease.objects.get(name="tick").holder == "a"


def test_acquire_again_by_the_holder_extends() -> None:
    leases.acquire("tick", "a", 60, NOW)
    assert leases.acquire("tick", "a", 120, NOW)
    assert not leases.acquire("tick", "b", 60, LATER)


def test_acquire_takes_an_expired_lease_and_the_old_holder_has_lost_it() -> None:
    leases.acquire("tick", "a", 60, NOW)
    assert leases.acquire("tick", "b", 60, LATER)
    assert not leases.renew("tick", "a", 60, LATER)
    assert not leases.release("tick", "a")
    assert leases.renew("tick", "b", 60, LATER)


def test_release_frees_it() -> None:
    leases.acquire("tick", "a", 60, NOW)
    assert leases.release("tick", "a")
    assert leases.acquire("tick", "b", 60, NOW)


def test_hold_excludes_a_second_block_and_releases_after_an_error() -> None:
    def nested() -> None:
        with leases.hold("inbox") as held, leases.hold("inbox") as second:
            assert (held, second) == (True, False)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nested()
    assert not Lease.objects.exists()

"""Member cards by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from campaigns.models import MemberCard
from haitang.kernel.personal import keyed_hash

_AT_ONCE = 500


def card_ids(numbers: Iterable[str]) -> dict[str, int]:
    """The id of each card; cards not seen before are made, in transactions of their own.

    Numbers are looked up by keyed hash, some hundreds a query.
    """
    found: dict[str, int] = {}
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), _AT_ONCE):
        by_hash = {keyed_hash(number): number for number in wanted[start : start + _AT_ONCE]}
        known = _known(list(by_hash))
        if missing := by_hash.keys() - known.keys():
            known |= _made(sorted(missing), by_hash)
        found |= {by_hash[hashed]: pk for hashed, pk in known.items()}
    return found


def _known(hashes: Sequence[str]) -> dict[str, int]:
    rows = MemberCard.objects.filter(number_hash__in=hashes)
    return dict(rows.values_list("number_hash", "pk"))


def _made(hashes: Sequence[str], numbers: dict[str, str]) -> dict[str, int]:
    """Made here, or by another process at the same moment."""
    with transaction.atomic():
        MemberCard.objects.bulk_create(
            [MemberCard(number=numbers[hashed]) for hashed in hashes], ignore_conflicts=True
        )
    return _known(hashes)

"""Member cards by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from campaigns.models import MemberCard
from haitang.kernel.personal import encrypt, keyed_hash

_AT_ONCE = 2_000
_TABLE = MemberCard._meta.db_table


def card_ids(numbers: Iterable[str]) -> dict[str, int]:
    """The id of each card; cards not seen before are made, in transactions of their own.

    Numbers are looked up by keyed hash, some thousands a query.
    """
    found: dict[str, int] = {}
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), _AT_ONCE):
        by_hash = {keyed_hash(number): number for number in wanted[start : start + _AT_ONCE]}
        known = _known(by_hash)
        if missing := {hashed: by_hash[hashed] for hashed in by_hash if hashed not in known}:
            known |= _made(missing)
        found |= {by_hash[hashed]: pk for hashed, pk in known.items()}
    return found


def _known(by_hash: Mapping[str, str]) -> dict[str, int]:
    """Plain SQL here and below: the ORM takes several times as long over thousands of values."""
    marks = ",".join(["%s"] * len(by_hash))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number_hash, id FROM {_TABLE} WHERE number_hash IN ({marks})",  # noqa: S608
            list(by_hash),
        )
        return dict(cursor.fetchall())


def _made(by_hash: Mapping[str, str]) -> dict[str, int]:
    """Made here, or by another process at the same moment: then the other's stay."""
    values = ",".join(["(%s,%s)"] * len(by_hash))
    cells = [cell for hashed, number in by_hash.items() for cell in (encrypt(number), hashed)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} (number, number_hash) VALUES {values}"  # noqa: S608
            " ON CONFLICT DO NOTHING RETURNING number_hash, id",
            cells,
        )
        made = dict(cursor.fetchall())
    others = {hashed: by_hash[hashed] for hashed in by_hash if hashed not in made}
    return made | _known(others) if others else made

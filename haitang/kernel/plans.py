"""The answer of a question whose text stays the same; PostgreSQL keeps its plan.

To read, check and plan a small question takes PostgreSQL as long as answering it. From the second
time that a connection asks it, the server has it prepared (``PREPARE``) and is told the values only
(``EXECUTE``). SQLite keeps what it has compiled by itself. Behind a pooler that gives every
transaction another connection that does not go: ``DATABASE_POOLER=1`` turns it off, by the same
setting as Django's server-side cursors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_numbers = count(1)
# By the driver's own connection: what it has asked (the empty text), what it has prepared (the
# text that calls it). A connection made anew begins anew.
_known: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def rows_of(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of the answer; ``sql`` has ``%s`` for each parameter."""
    with connection.cursor() as cursor:
        cursor.execute(_call(sql, len(parameters)) or sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _call(sql: str, places: int) -> str:
    """What asks the prepared question; empty where it is asked as it stands."""
    if (
        connection.vendor != "postgresql"
        or connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
        or connection.connection is None
    ):
        return ""
    known = _known.setdefault(connection.connection, {})
    call = known.get(sql)
    if call is None:
        known[sql] = ""
    elif not call:
        call = known[sql] = _prepare(sql, places)
    return call or ""


def _prepare(sql: str, places: int) -> str:
    name = f"haitang_{next(_numbers)}"
    numbers = count(1)
    text = re.sub("%[s%]", lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(f"PREPARE {name} AS {text}")
    return f"EXECUTE {name} ({', '.join(['%s'] * places)})" if places else f"EXECUTE {name}"

"""Lets the test runner empty append-only tables between tests with ``transaction=True``.

Such a test ends with a flush of every table, which the append-only triggers refuse, as they
should. Here, and nowhere in the product, the triggers are away while a flush runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations


@contextmanager
def lifted_triggers() -> Iterator[None]:
    """The append-only triggers of the database are away in this block, and back afterwards."""
    if connection.vendor == "sqlite":
        found = _rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = [row for row in found if row[0].startswith("append_only_")]
        away = [f"DROP TRIGGER {name}" for name, _ in found]
        back = [sql for _, sql in found]
    else:
        found = _rows(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        found = [row for row in found if row[1].startswith("append_only_")]
        away = [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in found]
        back = [f"ALTER TABLE {table} ENABLE TRIGGER {name}" for table, name in found]
    _execute(away)
    try:
        yield
    finally:
        _execute(back)


@contextmanager
def allow_flush() -> Iterator[None]:
    """In this block Django's flush lifts the triggers for as long as it runs."""
    original = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: Any) -> None:
        with lifted_triggers():
            original(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_append_only_tables() -> Iterator[None]:
    with allow_flush():
        yield


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _execute(statements: list[str]) -> None:
    # PostgreSQL alters no table while deferred checks of its rows are still to be made.
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""After a test with ``transaction=True`` the database is as migrated again, without a flush.

A flush empties every table and has the migrations' signals fill some of them again: a fifth of a
second and more, on PostgreSQL twice that. SQLite's database is copied back, which takes
milliseconds. On PostgreSQL the rows are taken away where there are any, and those of tables that
the migrations fill are put back where they differ; that takes a superuser, and for another one
Django's flush remains (tests/support/append_only.py lets it).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

Rows = list[tuple[Any, ...]]


class Pristine(Protocol):
    """The database as it was migrated."""

    def keep(self) -> None:
        """Remember it, unless that has been done."""

    def copy_back(self) -> None:
        """Make it that again."""


class PristineFile:
    """SQLite's: a copy in memory."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect(":memory:")

    def keep(self) -> None:
        if not self._kept.execute("PRAGMA page_count").fetchone()[0]:
            connection.ensure_connection()
            connection.connection.backup(self._kept)

    def copy_back(self) -> None:
        connection.ensure_connection()
        self._kept.backup(connection.connection)


class PristineTables:
    """PostgreSQL's: the rows of the tables that have any."""

    def __init__(self) -> None:
        self._kept: dict[str, Rows] = {}
        self._tables: list[str] = []

    def keep(self) -> None:
        if not self._tables:
            with connection.cursor() as cursor:
                self._tables = connection.introspection.table_names(cursor)
                self._kept = {table: _rows(cursor, table) for table in self._filled(cursor)}

    def copy_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Neither the append-only triggers nor those of foreign keys: at the end all is right.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in {*self._filled(cursor), *self._kept}:
                kept = self._kept.get(table, [])
                if not kept or _rows(cursor, table) != kept:
                    _replace(cursor, table, kept)

    def _filled(self, cursor: Any) -> list[str]:
        """The tables with rows."""
        each = [
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in self._tables
        ]
        cursor.execute(" UNION ALL ".join(each))
        return [name for (name,) in cursor.fetchall()]


def _rows(cursor: Any, table: str) -> Rows:
    cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
    return list(cursor.fetchall())


def _replace(cursor: Any, table: str, rows: Rows) -> None:
    cursor.execute(f'DELETE FROM "{table}"')
    for row in rows:
        cursor.execute(f'INSERT INTO "{table}" VALUES ({",".join(["%s"] * len(row))})', row)


def _can_replace() -> bool:
    """Whether the triggers of the database let this user pass."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])


@pytest.fixture(scope="session", autouse=True)
def _database_is_copied_back() -> Iterator[None]:
    pristine: Pristine = PristineFile() if connection.vendor == "sqlite" else PristineTables()
    case: Any = TransactionTestCase
    set_up, flush = case._fixture_setup.__func__, case._fixture_teardown

    def keep(cls: Any) -> None:
        # Every other test rolls back: before the first of these the database is as migrated.
        if _can_replace():
            pristine.keep()
        set_up(cls)

    def copy_back(self: Any) -> None:
        if _can_replace():
            pristine.copy_back()
        else:
            flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case, "_fixture_setup", classmethod(keep))
        patch.setattr(case, "_fixture_teardown", copy_back)
        yield

"""After a test with ``transaction=True`` SQLite's database is copied back, instead of flushed.

A flush empties every table and has the migrations' signals fill some of them again: a tenth of a
second and more. The copy takes milliseconds, and what the migrations wrote is there afterwards.
On PostgreSQL Django's flush remains (tests/support/append_only.py lets it).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase


@pytest.fixture(scope="session", autouse=True)
def _database_is_copied_back() -> Iterator[None]:
    pristine = sqlite3.connect(":memory:")
    case: Any = TransactionTestCase
    set_up, flush = case._fixture_setup.__func__, case._fixture_teardown

    def keep(cls: Any) -> None:
        # Every other test rolls back: before the first of these the database is as migrated.
        if (
            connection.vendor == "sqlite"
            and not pristine.execute("PRAGMA page_count").fetchone()[0]
        ):
            connection.ensure_connection()
            connection.connection.backup(pristine)
        set_up(cls)

    def copy_back(self: Any) -> None:
        if connection.vendor != "sqlite":
            flush(self)
            return
        connection.ensure_connection()
        pristine.backup(connection.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case, "_fixture_setup", classmethod(keep))
        patch.setattr(case, "_fixture_teardown", copy_back)
        yield
    pristine.close()

"""The statement that stores inbound messages, once each, and the connection that it goes over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook.receiving import Incoming

# WeChat hangs up after five seconds: whoever waits longer than this for a lock is answered 503.
LOCK_SECONDS = 4
LOOK_SECONDS = 0.002
_BODY = InboundEvent._meta.get_field("body")
_COLUMNS = (
    "account_id, key, kind, openid, occurred_at, received_at, body,"
    " state, attempts, next_attempt_at, claimed_by, error"
)
_ROW = (
    "((SELECT id FROM wechat_account WHERE app_id = %s), %s, %s, %s, %s, %s, %s,"  # noqa: S608
    f" '{InboundEvent.State.RECEIVED.value}', 0, %s, '', '')"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What is stored of a message: the values of one row of the statement."""

    key: str
    values: tuple[Any, ...]


def row_of(incoming: Incoming, app_id: str) -> Row:
    """The row of a message, its body encrypted."""
    received = connection.ops.adapt_datetimefield_value(incoming.received_at)
    values = (
        app_id,
        incoming.key,
        incoming.kind,
        incoming.openid,
        connection.ops.adapt_datetimefield_value(incoming.occurred_at),
        received,
        _BODY.get_db_prep_value(incoming.body.decode(), connection),
        received,
    )
    return Row(incoming.key, values)


class Store:
    """A connection of this process's own; one thread at a time may use it.

    It waits four seconds for a lock, no longer. Within a transaction of the calling thread, as
    tests have it, that thread's connection serves.
    """

    def __init__(self) -> None:
        self._own: BaseDatabaseWrapper | None = None

    def insert(self, rows: Sequence[Row]) -> int:
        """Store those that are not there yet in one durable commit; how many that were.

        In the order of their keys: two processes that store the same messages wait for one
        another and never crosswise. Raises what the database raises; then nothing is stored. A
        connection that turns out to be gone is replaced once.
        """
        if connection.in_atomic_block:
            with transaction.atomic():
                return _insert(connection, rows)
        try:
            return _patiently(self._connection(), rows)
        except DatabaseError:
            if self._connection().is_usable():
                raise
            self.close()
            return _patiently(self._connection(), rows)

    def insert_each(self, rows: Sequence[Row]) -> list[DatabaseError | None]:
        """Store one by one, so that a bad row fails alone: the error of each, or None."""
        outcomes: list[DatabaseError | None] = []
        for row in rows:
            try:
                self.insert([row])
                outcomes.append(None)
            except OperationalError:
                raise
            except DatabaseError as error:
                outcomes.append(error)
        return outcomes

    def close(self) -> None:
        """Close the connection; the next message opens another one."""
        own, self._own = self._own, None
        if own is not None:
            own.close()

    def _connection(self) -> BaseDatabaseWrapper:
        if self._own is None:
            own = connection.copy()
            own.inc_thread_sharing()
            with own.cursor() as cursor:
                if own.vendor == "sqlite":  # see _patiently
                    cursor.execute("PRAGMA busy_timeout = 0")
                else:
                    cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            self._own = own
        return self._own


def _patiently(using: BaseDatabaseWrapper, rows: Sequence[Row]) -> int:
    """Insert, on SQLite looking for the lock every other millisecond.

    SQLite's own waiting looks every 100 ms in the end and so misses the moments at which a busy
    writer, such as the worker, lets others in.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return _insert(using, rows)
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)


def _insert(using: BaseDatabaseWrapper, rows: Sequence[Row]) -> int:
    ordered = sorted(rows, key=lambda row: row.key)
    parameters = [value for row in ordered for value in row.values]
    with using.cursor() as cursor:
        cursor.execute(_statement(len(rows)), parameters)
        return int(cursor.rowcount)


@lru_cache(maxsize=256)
def _statement(count: int) -> str:
    return (
        f"INSERT INTO wechat_inboundevent ({_COLUMNS}) VALUES {', '.join([_ROW] * count)}"  # noqa: S608
        " ON CONFLICT (account_id, key) DO NOTHING"
    )

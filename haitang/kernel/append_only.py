"""Tables whose rows are never changed or deleted, by the database and not by good manners.

The triggers are called ``append_only_…``. SQLite loses a table's triggers when a later migration
rebuilds it (AlterField does): such a migration ends with ``append_only(table)`` again;
``missing_triggers`` and ``manage.py verify_audit`` tell when it was forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, migrations

_SQLITE_TRIGGER = """CREATE TRIGGER append_only_{act}_{table} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
_FUNCTION = """CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
USING ERRCODE = 'integrity_constraint_violation'; END $$"""
_ROW_TRIGGER = """CREATE TRIGGER append_only_rows_{table} BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION append_only_refuse()"""
_TRUNCATE_TRIGGER = """CREATE TRIGGER append_only_truncate_{table} BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse()"""


@dataclass(frozen=True)
class AppendOnlySql:
    """The statements that make a table append-only, and those that undo it."""

    create: tuple[str, ...]
    drop: tuple[str, ...]


def append_only_sql(table: str, *, vendor: str) -> AppendOnlySql:
    """The statements for that table on ``sqlite`` or ``postgresql``; creating twice is harmless.

    UPDATE and DELETE raise IntegrityError, on PostgreSQL TRUNCATE too.
    """
    if vendor == "sqlite":
        names = [f"append_only_{act}_{table}" for act in ("UPDATE", "DELETE")]
        drop = tuple(f"DROP TRIGGER IF EXISTS {name}" for name in names)
        made = tuple(_SQLITE_TRIGGER.format(act=act, table=table) for act in ("UPDATE", "DELETE"))
        return AppendOnlySql((*drop, *made), drop)
    if vendor == "postgresql":
        names = [f"append_only_{what}_{table}" for what in ("rows", "truncate")]
        drop = tuple(f"DROP TRIGGER IF EXISTS {name} ON {table}" for name in names)
        made = tuple(sql.format(table=table) for sql in (_ROW_TRIGGER, _TRUNCATE_TRIGGER))
        return AppendOnlySql((_FUNCTION, *drop, *made), drop)
    raise ValueError(f"no append-only triggers for {vendor}")


def append_only(table: str) -> migrations.RunPython:
    """The migration operation that makes a table append-only, and back."""

    def create(apps: Any, schema_editor: Any) -> None:
        for sql in append_only_sql(table, vendor=schema_editor.connection.vendor).create:
            schema_editor.execute(sql, params=None)

    def drop(apps: Any, schema_editor: Any) -> None:
        for sql in append_only_sql(table, vendor=schema_editor.connection.vendor).drop:
            schema_editor.execute(sql, params=None)

    return migrations.RunPython(create, drop, elidable=False)


def missing_triggers(table: str) -> int:
    """How many of the table's two triggers are absent or switched off; 0 when all is well."""
    if connection.vendor == "sqlite":
        sql = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
            " AND name LIKE 'append_only_%%'"
        )
    else:
        sql = (
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND tgname LIKE 'append_only_%%' AND tgenabled <> 'D'"
        )
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return 2 - int(cursor.fetchone()[0])

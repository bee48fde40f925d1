"""What the database itself refuses about journals, on SQLite and on PostgreSQL.

Entries are written first and their journal closes them: a journal whose entries do not sum to
zero is refused, and so is an entry of a journal that exists. Changing and deleting are refused by
``haitang.kernel.append_only``.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, migrations

JOURNALS, ENTRIES = "incentives_journal", "incentives_entry"
_NAMES = ("ledger_journal_balances", "ledger_entry_before_journal", "ledger_entry_at_commit")

_SQLITE = (
    f"""CREATE TRIGGER ledger_journal_balances BEFORE INSERT ON {JOURNALS}
WHEN (SELECT COUNT(*) < 2 OR SUM(amount_fen) <> 0 FROM {ENTRIES} WHERE journal_id = NEW.number)
BEGIN SELECT RAISE(ABORT, 'journal does not balance'); END""",  # noqa: S608
    f"""CREATE TRIGGER ledger_entry_before_journal BEFORE INSERT ON {ENTRIES}
WHEN EXISTS (SELECT 1 FROM {JOURNALS} WHERE number = NEW.journal_id)
BEGIN SELECT RAISE(ABORT, 'journal is posted'); END""",  # noqa: S608
)

_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION ledger_journal_balances() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF (SELECT COUNT(*) < 2 OR SUM(amount_fen) <> 0 FROM {ENTRIES} WHERE journal_id = NEW.number) THEN
RAISE EXCEPTION 'journal does not balance' USING ERRCODE = 'integrity_constraint_violation';
END IF; RETURN NEW; END $$""",  # noqa: S608
    f"""CREATE TRIGGER ledger_journal_balances BEFORE INSERT ON {JOURNALS}
FOR EACH ROW EXECUTE FUNCTION ledger_journal_balances()""",
    f"""CREATE OR REPLACE FUNCTION ledger_entry_before_journal() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF EXISTS (SELECT 1 FROM {JOURNALS} WHERE number = NEW.journal_id) THEN
RAISE EXCEPTION 'journal is posted' USING ERRCODE = 'integrity_constraint_violation';
END IF; RETURN NEW; END $$""",  # noqa: S608
    f"""CREATE TRIGGER ledger_entry_before_journal BEFORE INSERT ON {ENTRIES}
FOR EACH ROW EXECUTE FUNCTION ledger_entry_before_journal()""",
    # Two transactions do not see one another's rows: asked once more when each commits.
    f"""CREATE OR REPLACE FUNCTION ledger_entry_at_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF (SELECT SUM(amount_fen) <> 0 FROM {ENTRIES} WHERE journal_id = NEW.journal_id) THEN
RAISE EXCEPTION 'journal does not balance' USING ERRCODE = 'integrity_constraint_violation';
END IF; RETURN NULL; END $$""",  # noqa: S608
    f"""CREATE CONSTRAINT TRIGGER ledger_entry_at_commit AFTER INSERT ON {ENTRIES}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_at_commit()""",
)


def balanced_journals() -> migrations.RunPython:
    """The migration operation that puts the triggers in place, and back.

    A later migration that rebuilds one of the tables on SQLite ends with it again.
    """

    def create(apps: Any, schema_editor: Any) -> None:
        drop(apps, schema_editor)
        is_sqlite = schema_editor.connection.vendor == "sqlite"
        for sql in _SQLITE if is_sqlite else _POSTGRESQL:
            schema_editor.execute(sql, params=None)

    def drop(apps: Any, schema_editor: Any) -> None:
        is_sqlite = schema_editor.connection.vendor == "sqlite"
        for name in _NAMES:
            table = JOURNALS if name == "ledger_journal_balances" else ENTRIES
            where = "" if is_sqlite else f" ON {table}"
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{where}", params=None)

    return migrations.RunPython(create, drop, elidable=False)


def missing_balance_triggers() -> int:
    """How many of the triggers are absent or switched off; 0 when all is well."""
    if connection.vendor == "sqlite":
        wanted, sql = 2, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name = %s"
    else:
        wanted, sql = 3, "SELECT COUNT(*) FROM pg_trigger WHERE tgname = %s AND tgenabled <> 'D'"
    found = 0
    with connection.cursor() as cursor:
        for name in _NAMES:
            cursor.execute(sql, [name])
            found += int(cursor.fetchone()[0])
    return wanted - found

"""The audit trail: appended in the act's transaction, chained, and kept by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from accounts.models import Department, User
from haitang.kernel import audit
from haitang.kernel.models import AuditEntry
from tests.support.append_only import lifted_triggers

NOW = datetime(2026, 11, 3, 2, 0, 0, 123456, tzinfo=UTC)


def record(number: int = 1, *, stream: str = "settlement", by: User | None = None) -> AuditEntry:
    with transaction.atomic():
        return audit.record(
            stream=stream,
            act="approve",
            object_type="run",
            object_id=number,
            object_name="2026-10 结算",
            by=by,
            now=NOW,
            details={"金额": "1,234.50", "分": 123450, "parts": [{"甲": None}, True]},
        )


@pytest.mark.django_db
def test_record_chains_entries_of_a_stream() -> None:
    first, second, other = record(1), record(2), record(1, stream="imports")
    assert (first.number, second.number, other.number) == (1, 2, 1)
    assert first.previous_hash == other.previous_hash == ""
    assert second.previous_hash == first.hash != second.hash
    assert list(audit.verify()) == []


@pytest.mark.django_db
def test_record_takes_type_and_name_from_the_object(planner: User) -> None:
    department = Department.objects.create(name="运营部")
    with transaction.atomic():
        entry = audit.record(stream="people", act="add", obj=department, by=planner, now=NOW)
    assert (entry.object_type, entry.object_id) == ("accounts.department", str(department.pk))
    assert (entry.object_name, entry.actor_name) == ("运营部", "刘策划")
    assert record().actor_name == "系统"


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        audit.record(stream="people", act="add", by=None, now=NOW)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_record_goes_with_the_transaction_that_fails() -> None:
    record(1)
    with transaction.atomic():
        audit.record(stream="settlement", act="approve", by=None, now=NOW)
        transaction.set_rollback(True)
    assert record(2).number == 2
    assert list(audit.verify()) == []


@pytest.mark.django_db
def test_record_refuses_a_float_in_the_details() -> None:
    with pytest.raises(TypeError, match="float"), transaction.atomic():
        audit.record(stream="people", act="add", by=None, now=NOW, details={"share": 0.1})


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["update", "delete", "queryset_delete"])
def test_database_refuses_to_change_an_entry(act: str) -> None:
    entry = record()
    entries = AuditEntry.objects.filter(pk=entry.pk)
    changes: dict[str, Callable[[], object]] = {
        "update": lambda: entries.update(act="reject"),
        "delete": entry.delete,
        "queryset_delete": entries.delete,
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        changes[act]()
    assert entries.get().act == "approve"


@pytest.mark.django_db(transaction=True)
def test_database_refuses_to_empty_the_table() -> None:
    record()
    word = "DELETE FROM" if connection.vendor == "sqlite" else "TRUNCATE"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(f"{word} kernel_auditentry")
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("damage", "number", "words"),
    [
        ("UPDATE kernel_auditentry SET actor_name = '别人' WHERE number = 2", 2, "内容与摘要不符"),
        ("UPDATE kernel_auditentry SET details = '{}' WHERE number = 3", 3, "内容与摘要不符"),
        ("DELETE FROM kernel_auditentry WHERE number = 2", 2, "缺这一条"),
        ("DELETE FROM kernel_auditentry WHERE number = 4", 4, "末尾"),
    ],
)
def test_verify_audit_names_the_first_broken_entry(damage: str, number: int, words: str) -> None:
    for count in range(1, 5):
        record(count)
    with lifted_triggers():
        connection.cursor().execute(damage)
    with pytest.raises(CommandError, match=f"第 {number} 条：.*{words}") as raised:
        call_command("verify_audit")
    assert raised.value.returncode == 1


@pytest.mark.django_db
def test_verify_audit_of_a_whole_trail_says_how_many() -> None:
    record(1)
    record(2)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "核对了 2 条" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_verify_audit_tells_when_the_triggers_are_gone() -> None:
    with lifted_triggers(), pytest.raises(CommandError, match="触发器不全"):
        call_command("verify_audit")
    call_command("verify_audit", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_flush_between_tests_empties_the_trail_and_keeps_the_triggers() -> None:
    record()
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()
    assert not audit.unprotected()

"""The audit page: searched, verified, exported; every act of the code has a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Department, User
from accounts.services import add_department, change_department
from haitang.kernel import audit
from haitang.kernel.append_only import append_only_sql
from haitang.kernel.models import AuditEntry
from haitang.web import audit_trail
from haitang.web.acts import ACTS
from haitang.web.audit_trail import AuditSearch, entries_found, pages_found
from incentives.life.states import Step
from incentives.models import KpiDecision
from tests.web import scene

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PACKAGES = ("haitang", "accounts", "content", "campaigns", "membership", "incentives")


@pytest.fixture
def renamed(administrator: User, now: datetime) -> Department:
    """A department that was added and renamed."""
    made = add_department(name="公关部", takes_part=True, by=administrator, now=now)
    later = now + timedelta(days=1)
    change_department(
        department=made, name="公共关系部", takes_part=True, by=administrator, now=later
    )
    return made


def _acts_of_the_code() -> Iterator[tuple[str, str]]:
    """(file, act) of every keyword ``act=`` and of every function called with an act first."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name in ("audit.py", "audit_trail.py") and package == "haitang":
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            passing = _functions_passing_an_act(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    for act in _acts_of(node, constants, passing):
                        yield str(path.relative_to(ROOT)), act


def _functions_passing_an_act(tree: ast.Module) -> set[str]:
    """Helpers whose first parameter is called ``act`` and handed on to ``record``."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "act"
    }


def _acts_of(call: ast.Call, constants: Mapping[str, object], passing: set[str]) -> Iterator[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    values = [each.value for each in call.keywords if each.arg == "act"]
    if name in passing and call.args:
        values.append(call.args[0])
    for value in values:
        if isinstance(value, ast.Constant):
            yield str(value.value)
        elif isinstance(value, ast.Name) and value.id in constants:
            yield str(constants[value.id])


def test_every_act_of_the_code_has_a_name() -> None:
    used = {act: path for path, act in _acts_of_the_code()}
    steps = [f"{step}_month" for step in Step]
    payments = [f"payment_{state}" for state in ("paid", "failed", "returned")]
    decisions = [f"{act}_event" for act in KpiDecision.Act.values]
    expenses = ["approve_expense", "refuse_expense", "pay_all"]
    used |= dict.fromkeys([*steps, *payments, *decisions, *expenses], "incentives")
    used |= dict.fromkeys(["approve_paper", "return_paper"], "campaigns")
    used |= {"verify_audit": "haitang/web/audit_trail.py", "export_audit": "…", "download": "…"}
    nameless = {act: path for act, path in used.items() if act not in ACTS}
    assert not nameless, f"haitang/web/acts.py has no words for: {nameless}"
    assert {"create_person", "withdraw", "demo.loaded"} <= set(used)
    assert set(ACTS) <= set(used), f"nobody does: {set(ACTS) - set(used)}"


def test_page_says_who_did_what_to_what_and_leads_there(
    renamed: Department, administrator: User, client: Client
) -> None:
    client.force_login(administrator)
    text = client.get("/audit/").content.decode()
    assert "新增部门" in text
    assert f'href="/people/departments/{renamed.pk}/"' in text
    assert text.index("改部门") > 0


@pytest.mark.parametrize(
    ("query", "acts"),
    [
        ({"q": "公关"}, ["change_department", "add_department"]),
        ({"q": "公共关系"}, ["change_department"]),
        ({"act": "add_department"}, ["add_department"]),
        ({"kind": "accounts.department"}, ["change_department", "add_department"]),
        ({"kind": "accounts.user"}, []),
        ({"last": "2026-11-03"}, ["add_department"]),
        ({"first": "2026-11-04"}, ["change_department"]),
        ({"first": "no day"}, ["change_department", "add_department"]),
    ],
)
def test_entries_are_found(
    query: dict[str, str],
    acts: list[str],
    renamed: Department,
    administrator: User,
    client: Client,
) -> None:
    client.force_login(administrator)
    page = client.get("/audit/", query).context["page"]
    assert [entry.act for entry in page] == acts


def test_a_text_is_found_page_by_page_the_latest_first(administrator: User, now: datetime) -> None:
    for number in range(5):
        with transaction.atomic():
            at = now + timedelta(minutes=number)
            audit.record(
                stream="x", act=f"act_{number}", by=administrator, now=at, details={"为何": "补登"}
            )
            audit.record(
                stream="x", act="other", by=administrator, now=at, details={"为何": "更正"}
            )
    pages = pages_found(AuditSearch(text="补登"), 2)
    assert (pages.count, pages.num_pages) == (5, 3)
    assert [[entry.act for entry in page] for page in pages] == [
        ["act_4", "act_3"],
        ["act_2", "act_1"],
        ["act_0"],
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_pages_counted_from_the_end_are_those_counted_from_the_beginning(
    size: int, administrator: User, now: datetime
) -> None:
    for number in range(7):
        with transaction.atomic():
            audit.record(stream="x", act=f"act_{number}", by=administrator, now=now)
    search = AuditSearch(person=administrator.pk)
    pages = [list(page) for page in pages_found(search, size)]
    assert [entry for page in pages for entry in page] == list(entries_found(search))
    assert {len(page) for page in pages[:-1]} <= {size}


@pytest.mark.both
@pytest.mark.parametrize(("kept", "asked"), [("Kiosk 海棠", "kiosk"), ("海棠 77", "棠 7")])
def test_capitals_are_all_one(kept: str, asked: str, administrator: User, now: datetime) -> None:
    with transaction.atomic():
        audit.record(stream="x", act="act", by=administrator, now=now, object_name=kept)
        audit.record(stream="x", act="act", by=administrator, now=now, details={"为何": kept})
    assert entries_found(AuditSearch(text=asked)).count() == 2


def test_entries_are_found_by_person_and_by_who_was_deputised(
    renamed: Department, administrator: User, planner: User, now: datetime
) -> None:
    with transaction.atomic():
        audit.record(
            stream="x", act="x", by=administrator, now=now, details={"on_behalf_of_id": planner.pk}
        )
    found = audit_trail.entries_found(AuditSearch(person=planner.pk))
    assert [entry.act for entry in found] == ["x"]
    assert audit_trail.entries_found(AuditSearch(person=administrator.pk)).count() == 3


def test_verification_is_kept_and_shown(
    renamed: Department, administrator: User, client: Client
) -> None:
    client.force_login(administrator)
    assert "还没有核对过" in client.get("/audit/").content.decode()
    text = client.post("/audit/verify/", follow=True).content.decode()
    assert "操作记录完好" in text
    assert "核对了 2 条，没有发现改动" in text


def test_verification_names_the_entry_that_was_changed(
    renamed: Department, administrator: User, client: Client
) -> None:
    entry = AuditEntry.objects.get(act="add_department")
    _tamper(entry)
    client.force_login(administrator)
    text = client.post("/audit/verify/", follow=True).content.decode()
    assert "核对不通过" in text
    assert f"“people”的第 {entry.number} 条" in text


def _tamper(entry: AuditEntry) -> None:
    """Change an entry as somebody would who has the database in hand."""
    table = AuditEntry._meta.db_table
    sql = append_only_sql(table, vendor=connection.vendor)
    with connection.cursor() as cursor:
        for statement in sql.drop:
            cursor.execute(statement)
        cursor.execute(f"UPDATE {table} SET actor_name = 'x' WHERE id = %s", [entry.pk])
        for statement in sql.create:
            cursor.execute(statement)


def test_export_is_recorded_and_holds_what_was_found(
    renamed: Department, administrator: User, client: Client
) -> None:
    client.force_login(administrator)
    answer = client.post("/audit/export.csv", {"act": "add_department"})
    text = b"".join(answer).decode("utf-8-sig")
    assert "新增部门" in text
    assert "改部门" not in text
    entry = AuditEntry.objects.get(act="export_audit")
    assert entry.details == {"filters": {"act": "add_department"}, "entries": 1}


def test_export_never_gives_excel_a_formula(administrator: User, now: datetime) -> None:
    add_department(name="=1+1", takes_part=False, by=administrator, now=now)
    lines = audit_trail.export_trail(search=AuditSearch(), by=administrator, now=now)
    assert ",'=1+1," in "".join(lines)


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_a_constant_number_of_queries(
    number: int,
    administrator: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        add_department(name=f"部{index}", takes_part=True, by=administrator, now=scene.MOMENT)
    client.force_login(administrator)
    with django_assert_num_queries(7):
        client.get("/audit/")


def test_answer_is_not_kept_from_searching_by_odd_text(administrator: User, client: Client) -> None:
    client.force_login(administrator)
    for text in ("%", "_", "\\", '"', "'"):
        assert client.get("/audit/", {"q": text}).status_code == 200

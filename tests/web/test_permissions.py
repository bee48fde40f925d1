"""docs/permissions.md is the test: every address × every role.

The document's tables say who may open which address; this walks them all. To add an address, add
a row there (how is written at its head); what braces stand for is in permission_scene.py.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache as shared_cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from accounts.roles import Role
from accounts.rules import Predicate
from tests.factories.people import make_user
from tests.web.permission_scene import PermissionScene, make_person, make_scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"
ADMIN, ANONYMOUS = "administrator", "anonymous"
NAMES = {**{str(role.label): role.value for role in Role}, "管理员": ADMIN, "未登录": ANONYMOUS}
ROLES = (*Role.values, ADMIN)
YES, OWN, NOWHERE, NO = "●", "○", "—", ""
OPEN, STAFF = "公开", "is_staff"
RULES = (
    "accounts.rules",
    "campaigns.rules",
    "content.rules",
    "haitang.datapack.rules",
    "haitang.policy.rules",
    "incentives.rules",
    "membership.rules",
)
# What stands in the place of an object in an address that is only resolved, not asked.
SHAPES = {
    "月": "2026-10",
    "日": "2026-10-17",
    "年": "2026",
    "活动": "C1",
    "门店": "S01",
    "推文": "A1",
}


@dataclass(frozen=True)
class Row:
    """A row of the document: what, the addresses with their methods, who may."""

    title: str
    addresses: tuple[tuple[str, str], ...]
    predicate: str
    marks: dict[str, str]


@cache
def rows() -> tuple[Row, ...]:
    """All rows of all tables; ValueError with the row for one that cannot be read."""
    found: list[Row] = []
    columns: list[str] = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
        elif set(line) - set("|- "):
            found.append(_row(columns, cells))
    return tuple(found)


def _row(columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns) or columns[:3] != ["页面或操作", "地址", "谓词"]:
        raise ValueError(f"docs/permissions.md, a row of another shape: {cells}")
    addresses = re.findall(r"`(GET|POST) ([^`]+)`", cells[1])
    if not addresses:
        raise ValueError(f"docs/permissions.md, a row without an address: {cells}")
    marks = {
        NAMES[name]: cell
        for column, cell in zip(columns[3:], cells[3:], strict=True)
        for name in column.split("、")
    }
    unknown = set(marks.values()) - {YES, OWN, NOWHERE, NO}
    if unknown or set(marks) != {*ROLES, ANONYMOUS}:
        raise ValueError(f"docs/permissions.md, marks or columns that nobody knows: {cells}")
    return Row(cells[0], tuple(addresses), cells[2], marks)


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route of the product; Django's admin is one, at its index."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif each.app_name != "admin":
            yield from patterns(each, route)


def route_of(address: str) -> str:
    """The route that answers an address of the document."""
    names = re.findall(r"\{(\w+)\}", address)
    return str(resolve(address.format_map({name: SHAPES.get(name, "1") for name in names})).route)


def test_every_address_is_declared_in_the_document() -> None:
    declared = {route_of(address) for row in rows() for _, address in row.addresses}
    missing = {route for route, _ in patterns(get_resolver())} - declared
    assert not missing, f"docs/permissions.md has no row for: {sorted(missing)}"


def test_every_address_names_the_predicate_of_the_document() -> None:
    views = {route: each.callback for route, each in patterns(get_resolver())}
    for row in rows():
        for _, address in row.addresses:
            view = views.get(route_of(address))
            if row.predicate in (OPEN, STAFF):
                assert not hasattr(view, "predicate"), f"{address} has a predicate"
            else:
                assert getattr(view, "predicate", None) is not None, f"{address} names none"
                named = _predicate(row.predicate, str(getattr(view, "__module__", "")))
                assert view.predicate is named, f"{address} is not {row.predicate}"  # type: ignore[union-attr]


def _predicate(name: str, module: str) -> Predicate | None:
    """The predicate of that name among the rules, or in the view's own module."""
    modules = [importlib.import_module(each) for each in RULES]
    modules += [sys.modules[module]] if module in sys.modules else []
    found = (getattr(each, name, None) for each in modules)
    return next((each for each in found if isinstance(each, Predicate)), None)


def is_refused(answer: HttpResponseBase) -> bool:
    """403, or the way to a log-in."""
    to_log_in = answer.status_code == 302 and "/login/?next=" in answer["Location"]
    return answer.status_code in (401, 403) or to_log_in


@pytest.fixture
def plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal without the page around it: thousands are asked for here, others look at it."""

    def plain(_: HttpRequest, __: str, context: dict[str, Any], status: int) -> HttpResponse:
        return HttpResponse(context["sentence"], status=status)

    monkeypatch.setattr("haitang.web.middleware.render", plain)


def ask(client: Client, method: str, address: str) -> HttpResponse:
    """The answer, with whatever it changed undone, also a log-out."""
    cookies = SimpleCookie(client.cookies)
    with transaction.atomic():
        answer: HttpResponse = getattr(client, method.lower())(address)
        if answer.streaming:
            b"".join(answer)  # what a download does when it is read happens too
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


@pytest.mark.usefixtures("plain_refusals")
@pytest.mark.parametrize("role", ROLES)
def test_every_address_by_role(role: str, client: Client) -> None:
    the = make_scene(role)
    client.force_login(the.user)
    wrong = [
        sentence
        for row in rows()
        for method, pattern in row.addresses
        if (sentence := _wrong(client, the, row, role, method, pattern))
    ]
    assert not wrong, "\n".join(wrong)


def _wrong(
    client: Client, the: PermissionScene, row: Row, role: str, method: str, pattern: str
) -> str:
    """What is not as the document says, or an empty string."""
    shared_cache.clear()  # nobody is held up for asking so much
    mark, address = row.marks[role], the.address(pattern)
    answer = ask(client, method, address)
    said = f"{role}: {method} {address} 是“{mark}”，得到 {answer.status_code}"
    if mark == NO:
        return "" if is_refused(answer) else said
    if mark == NOWHERE:
        return "" if answer.status_code == 404 else said
    if is_refused(answer) or answer.status_code in (404, 405):
        return said
    foreign = the.foreign_address(pattern)
    if mark == OWN and foreign:
        answer = ask(client, method, foreign)
        if answer.status_code not in (403, 404):
            return f"{role}: {method} {foreign} 是别人的，得到 {answer.status_code}"
    return ""


def test_every_address_without_a_log_in(client: Client) -> None:
    the = make_scene(ADMIN)
    for row in rows():
        for method, pattern in row.addresses:
            answer = ask(client, method, the.address(pattern))
            if row.marks[ANONYMOUS] == NOWHERE:
                assert answer.status_code == 404, f"{pattern}: {answer.status_code}"
            elif row.marks[ANONYMOUS] == YES:
                assert not is_refused(answer), f"{pattern}: {answer.status_code}"
            else:
                assert is_refused(answer), f"{pattern}: {answer.status_code}"


@pytest.mark.parametrize("role", [role for role in ROLES if role != ADMIN])
def test_every_list_of_the_django_admin_is_closed(role: str, client: Client) -> None:
    client.force_login(make_person(role))
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert is_refused(client.get(address)), address


def test_document_that_forgets_an_address_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    without = tuple(row for row in rows() if "/audit/" not in str(row.addresses))
    monkeypatch.setattr("tests.web.test_permissions.rows", lambda: without)
    with pytest.raises(AssertionError, match=r"audit/export\.csv"):
        test_every_address_is_declared_in_the_document()


def test_mark_that_is_wrong_is_found(client: Client) -> None:
    the = make_scene(Role.EMPLOYEE)
    client.force_login(the.user)
    row = next(row for row in rows() if row.predicate == "may_see_months")
    wrongly_open = Row(row.title, row.addresses, row.predicate, {Role.EMPLOYEE: YES})
    assert "403" in _wrong(client, the, wrongly_open, Role.EMPLOYEE, "GET", "/months/")
    wrongly_shut = Row(row.title, row.addresses, row.predicate, {Role.EMPLOYEE: NO})
    assert "200" in _wrong(client, the, wrongly_shut, Role.EMPLOYEE, "GET", "/")


def test_person_without_any_tenure_may_open_nothing_of_the_house(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/").status_code == 200
    for address in ("/months/", "/campaigns/", "/imports/", "/people/", "/audit/", "/policy/"):
        assert client.get(address).status_code == 403, address

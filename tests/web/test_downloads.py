"""Taking a file along is an act: each address that gives one writes an entry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.models import AuditEntry
from tests.web.permission_scene import PermissionScene, make_scene

pytestmark = [pytest.mark.django_db, pytest.mark.both]
# Address → the object of the entry.
DOWNLOADS = {
    "/months/{月}/payout.xlsx": "incentives.settlementrun",
    "/months/{月}/settlement.json": "incentives.settlementrun",
    "/campaigns/export.csv": "file",
    "/campaigns/export.xlsx": "file",
    "/campaigns/{活动}/stores.csv": "campaigns.campaign",
    "/campaigns/{活动}/stores.xlsx": "campaigns.campaign",
    "/campaigns/{活动}/participants.csv": "campaigns.campaign",
    "/articles/export.csv": "file",
    "/articles/export.xlsx": "file",
    "/funds/expenses/export.csv": "file",
    "/funds/expenses/export.xlsx": "file",
    "/funds/fees/export.csv": "file",
    "/funds/fees/export.xlsx": "file",
    "/ledger/export.csv": "file",
    "/ledger/export.xlsx": "file",
    "/ledger/journals/export.csv": "file",
    "/ledger/journals/export.xlsx": "file",
    "/what-if/{试算}/export.xlsx": "kernel.job",
    "/overview/export.csv": "file",
    "/overview/export.xlsx": "file",
    "/months/{月}/report.xlsx": "file",
    "/followers/export.csv": "file",
    "/followers/export.xlsx": "file",
    "/scenes/report.csv": "file",
    "/scenes/report.xlsx": "file",
    "/months/{月}/payments.csv": "incentives.settlement",
    "/imports/{导入}/bad-rows.csv": "campaigns.salesimport",
    "/packs/{数据包}/rejected.csv": "kernel.job",
    "/api/imports/{导入}/bad-rows.csv": "campaigns.salesimport",
}
# Written with their filters (tests/web/test_audit.py).
OTHERWISE = {"/audit/export.csv"}


# What each person gets is not the administrator's business.
MANAGERS = ("/months/", "/what-if/", "/ledger/")


@pytest.fixture
def visit() -> PermissionScene:
    return make_scene("administrator")


@pytest.mark.parametrize("role", ["general_manager", "administrator"])
def test_download_is_recorded(role: str) -> None:
    visit = make_scene(role)
    client = Client()
    client.force_login(visit.user)
    for pattern, object_type in DOWNLOADS.items():
        if pattern.startswith(MANAGERS) == (role == "general_manager"):
            _is_recorded(client, visit, pattern, object_type)
    assert not list(audit.verify())


def _is_recorded(client: Client, visit: PermissionScene, pattern: str, object_type: str) -> None:
    before = AuditEntry.objects.filter(act="download").count()
    answer = client.get(visit.address(pattern))
    assert answer.status_code == 200, pattern
    assert answer["Content-Disposition"].startswith("attachment; "), pattern
    found = AuditEntry.objects.filter(act="download").order_by("pk")
    assert found.count() == before + 1, pattern
    entry = found.latest("pk")
    assert (entry.actor, entry.object_type) == (visit.user, object_type), pattern
    assert entry.details["file"].endswith(Path(pattern).suffix), pattern


def test_every_address_of_a_file_is_in_the_table() -> None:
    known = {re.sub(r"\{.*?\}", "{}", pattern) for pattern in {*DOWNLOADS, *OTHERWISE}}
    files = {address for address in _addresses() if re.search(r"\.(csv|xlsx|json|pdf)$", address)}
    assert files == known


def _addresses() -> set[str]:
    """Every address of the product, with {} for what varies; formats written out."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> set[str]:
        found: set[str] = set()
        for each in patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                if each.app_name != "admin":
                    found |= walk(each.url_patterns, route)
            else:
                found.add(route)
        return found

    written: set[str] = set()
    for route in walk(get_resolver().url_patterns, "/"):
        formats = ["csv", "xlsx"] if re.search(r"\.<\w*:?fmt>$", route) else [""]
        for fmt in formats:
            address = re.sub(r"<\w*:?fmt>$", fmt, route)
            written.add(re.sub(r"<.*?>", "{}", address))
    return written


def test_refused_download_is_not_recorded(copy: User, visit: PermissionScene) -> None:
    client = Client()
    client.force_login(copy)
    client.get(visit.address("/imports/{导入}/bad-rows.csv"))
    assert not AuditEntry.objects.filter(act="download").exists()

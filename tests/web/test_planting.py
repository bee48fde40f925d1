"""A phone and a card planted through every entrance: their plain text is found nowhere.

Not in a database file, not in a kept or left file, not in a log line, page or error report. What
a person types into a search box stands in that box of the answer, and nowhere else.
"""

from __future__ import annotations

import io
import logging
import logging.config
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string
from pytest_django import Settings

from accounts.models import User
from campaigns.models import MemberCard, SaleLine, SalesImport
from haitang.datapack.services import load_pack
from haitang.kernel import clock, jobs, notices
from haitang.kernel.errors import Invalid
from haitang.kernel.models import AuditEntry, Notice
from haitang.kernel.personal import Personal, keyed_hash
from tests.factories.packs import write_pack
from tests.support.api import token_client
from tests.web.permission_scene import PermissionScene, make_scene
from tests.web.test_permissions import rows

PHONE, CARD = "13987650123", "6225880137645201"
PLANTED = (PHONE, CARD)
DASHED = "139-8765-0123"
HEADER = "store,date,receipt,item,quantity,amount,cost,member"
GOOD = "S01,2026-10-20,R1,A1,1,10.00,7.00"
# A refused row each: too many cells, a card that is too long, a phone as quantity, as store.
BAD = (
    f"{GOOD},{PHONE},{CARD}",
    f"{GOOD},{CARD * 4}",
    f"S01,2026-10-20,R2,A1,{DASHED},10.00,7.00,",
    f"S01,2026-10-20,R2,A1,1,¥{PHONE}x,7.00,",
    f"{PHONE},2026-10-20,R3,A1,1,10.00,7.00,",
)
SALES = "\n".join([HEADER, f"{GOOD},{CARD}", f"{GOOD},{PHONE}", *BAD]) + "\n"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """What the product would write to its log, in its own format, everything included.

    What other tests have left in the database's freed pages is not looked through.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"):
                cursor.execute(statement)
    stream, root = io.StringIO(), logging.getLogger()
    configured: Any = django_settings.LOGGING
    options = dict(configured["formatters"]["line"])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(import_string(options.pop("()"))(options["format"]))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    quiet = logging.getLogger("django.db.backends")
    quiet_level = quiet.level
    quiet.setLevel(logging.INFO)  # statements are logged by nobody who has not asked for them
    yield stream
    quiet.setLevel(quiet_level)
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def visit() -> PermissionScene:
    return make_scene("administrator")


@pytest.fixture
def client(visit: PermissionScene) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(visit.user)
    return client


def found_in(text: str | bytes) -> list[str]:
    """The planted numbers that stand in a text, also with dashes, as bytes and in hexadecimal."""
    raw = text.encode() if isinstance(text, str) else text
    forms = [*PLANTED, DASHED, DASHED.replace("-", " ")]
    return [form for form in forms if form.encode() in raw or form.encode().hex().encode() in raw]


def _around(raw: bytes) -> bytes:
    """What stands before and after the first number found, to tell where it comes from."""
    places = [raw.find(form.encode()) for form in found_in(raw)]
    return raw[max(0, places[0] - 200) : places[0] + 100] if places else b""


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def assert_nowhere(log: io.StringIO, *, besides: Iterable[Path] = ()) -> None:
    """Neither the database nor a file of the installation nor the log has a planted number."""
    if connection.vendor == "sqlite":
        database = Path(str(connection.settings_dict["NAME"]))
        files = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))]
        for file in files:
            raw = file.read_bytes() if file.exists() else b""
            assert not found_in(raw), (file, _around(raw))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                cells = [bytes(each) if isinstance(each, memoryview) else each for each in row]
                assert not found_in(repr(cells)), (table, cells)
                assert not any(found_in(each) for each in cells if isinstance(each, bytes)), table
    for path in Path(django_settings.VAR_DIR).rglob("*"):
        if path.is_file() and path not in set(besides):
            assert not found_in(path.read_bytes()), path
    assert not found_in(log.getvalue())


def _upload(client: Client, text: str = SALES, name: str = "十月.csv") -> str:
    answer = client.post("/imports/upload/", {"file": SimpleUploadedFile(name, text.encode())})
    assert answer.status_code == 302
    return str(answer["Location"])


def _filled(client: Client, address: str, **changes: str) -> dict[str, str]:
    form = client.get(address).context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    return {name: str(value) for name, value in values.items() if value is not False} | changes


def _imported(client: Client) -> SalesImport:
    """The planted file through the browser: sent, looked at, imported."""
    address = _upload(client)
    client.post(address, _filled(client, address))
    jobs.run_pending()
    return SalesImport.objects.latest("pk")


# --- sales ------------------------------------------------------------------------------------


def test_upload_preview_and_import_leave_no_number(client: Client, log: io.StringIO) -> None:
    address = _upload(client)
    seen = client.get(address)
    assert b"5201" in seen.content
    assert not found_in(seen.content)
    without = _filled(client, address, member="", preview="1")
    assert not found_in(client.post(address, without).content)
    assert_nowhere(log)
    row = _imported(client)
    assert (row.lines_accepted, row.lines_refused) == (2, len(BAD))
    assert MemberCard.objects.get(number_hash=keyed_hash(CARD)).number == Personal(CARD)
    assert_nowhere(log)


def test_refused_rows_show_no_number_anywhere(
    visit: PermissionScene, client: Client, log: io.StringIO, tmp_path: Path
) -> None:
    row = _imported(client)
    assert row.bad_rows.count() == len(BAD)
    for address in (f"/imports/{row.pk}/", f"/imports/{row.pk}/bad-rows.csv"):
        assert not found_in(body(client.get(address)))
    api = token_client(visit.user)
    assert not found_in(body(api.get(f"/api/imports/{row.pk}/bad-rows.csv")))
    path, out = tmp_path / "again.csv", io.StringIO()
    path.write_text(SALES.replace("10.00", "11.00"))
    rejects = tmp_path / "rejects.csv"
    call_command("import_sales", str(path), "--rejects", str(rejects), stdout=out, stderr=out)
    assert rejects.exists()
    assert not found_in(out.getvalue() + rejects.read_text("utf-8-sig"))
    assert_nowhere(log)


def test_file_without_a_header_leaves_no_number(client: Client, log: io.StringIO) -> None:
    bare = f"{GOOD},{PHONE}\n{GOOD},{CARD}\n"
    assert not found_in(client.get(_upload(client, bare)).content)
    address = _upload(client, f"甲,乙,丙\n{bare}")
    for query in ("", "?header_row=2"):
        assert not found_in(client.get(address + query).content)
    assert_nowhere(log)


def test_api_upload_leaves_no_number(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    api = token_client(visit.user)
    answer = api.post(
        "/api/imports/upload/", {"file": SimpleUploadedFile("十月.csv", SALES.encode())}
    )
    assert answer.status_code == 202
    jobs.run_pending()
    pk = answer.json()["id"]
    assert api.get(f"/api/imports/{pk}/").json()["lines_accepted"] == 2
    assert not found_in(body(api.get(f"/api/imports/{pk}/")))
    assert_nowhere(log)


def test_watched_folder_leaves_no_number(
    visit: PermissionScene, settings: Settings, log: io.StringIO
) -> None:
    from campaigns.inbox import STILL, pull_sales

    folder = Path(settings.SALES_INBOX)
    folder.mkdir(parents=True)
    (folder / "a好.csv").write_text(SALES)
    (folder / "b坏.csv").write_text(f"{PHONE},{CARD}\n1,2\n")
    (folder / "c坏.csv").write_text("\n".join([HEADER, *BAD]))
    pulled = pull_sales(now=clock.now() + 2 * STILL)
    assert (pulled.imported, pulled.refused) == (["a好.csv"], ["b坏.csv", "c坏.csv"])
    # What could not be used stays as it came, for a person to mend; its reasons name no number.
    refused = folder / "refused"
    assert_nowhere(log, besides=[refused / "b坏.csv", refused / "c坏.csv"])


def test_participants_of_a_pack_leave_no_number(
    visit: PermissionScene, tmp_path: Path, log: io.StringIO
) -> None:
    load_pack(
        path=write_pack(tmp_path / "good", participants=f"C1,{CARD}\nC1,{PHONE}"), now=clock.now()
    )
    assert MemberCard.objects.filter(number_hash=keyed_hash(PHONE)).exists()
    out = io.StringIO()
    bad = write_pack(tmp_path / "bad", participants=f"{PHONE},{CARD}\nC1,{CARD * 4}")
    with pytest.raises((SystemExit, CommandError)):
        call_command("load_pack", str(bad), stdout=out, stderr=out)
    assert "participants.csv" in out.getvalue()
    assert not found_in(out.getvalue())
    assert_nowhere(log)


# --- pages, searches, exports -----------------------------------------------------------------


def test_no_page_and_no_export_shows_a_number(
    visit: PermissionScene, client: Client, log: io.StringIO
) -> None:
    line = SaleLine.objects.latest("pk")
    number = MemberCard.objects.get_or_create(
        number_hash=keyed_hash(CARD), defaults={"number": CARD}
    )[0]
    SaleLine.objects.filter(store_day=line.store_day).update(card=number)
    _imported(client)
    visit.own.update({"卡": number.pk})
    asked = 0
    for row in rows():
        for method, pattern in row.addresses:
            if method == "GET" and "{令牌}" not in pattern:
                answer = client.get(visit.address(pattern))
                assert not found_in(body(answer)), pattern
                asked += answer.status_code == 200
    for model in ("membercard", "salesimport", "badrow", "saleline", "storeday"):
        answer = client.get(f"/django-admin/campaigns/{model}/", follow=True)
        assert not found_in(body(answer)), model
    assert asked > 40
    day = f"/campaigns/stores/{line.store_day.store.code}/{line.store_day.date}/"
    assert b"5201" in client.get(day).content
    assert_nowhere(log)


SEARCHES = (
    "/campaigns/?q=",
    "/campaigns/export.csv?q=",
    "/stores/?q=",
    "/people/?q=",
    "/articles/?q=",
    "/imports/item-costs/?q=",
    "/audit/?text=",
    "/login/?next=/cards/",
)


def test_search_shows_a_number_in_its_box_only(client: Client, log: io.StringIO) -> None:
    for address in SEARCHES:
        page = body(client.get(address + PHONE)).decode()
        shown = re.sub(r'<input[^>]*value="[^"]*"[^>]*>', "", page)
        shown = re.sub(r'(href|action)="[^"]*"', "", shown)
        assert not found_in(shown), address
    assert_nowhere(log)


def test_export_of_a_search_and_saved_filters_keep_no_number(
    client: Client, log: io.StringIO
) -> None:
    assert not found_in(body(client.post("/audit/export.csv", {"text": PHONE})))
    query = urlencode({"q": PHONE})
    client.post("/saved-views/", {"page": "campaigns", "name": "查人", "query": query})
    assert AuditEntry.objects.filter(act="export_audit").exists()
    assert_nowhere(log)


def test_reasons_keep_no_number(
    visit: PermissionScene, client: Client, log: io.StringIO, now: datetime
) -> None:
    reason = f"会员 {PHONE} 来电，卡 {CARD}，又 {DASHED}"
    row = _imported(client)
    client.post(f"/imports/{row.pk}/withdraw/", {"reason": reason})
    row.refresh_from_db()
    assert row.state == SalesImport.State.WITHDRAWN
    card = MemberCard.objects.get(number_hash=keyed_hash(CARD))
    shown = client.post(f"/cards/{card.pk}/", {"reason": reason})
    assert CARD in shown.content.decode()  # the one place, to who gave a reason
    assert AuditEntry.objects.filter(act="personal.reveal").count() == 1
    assert not found_in(body(client.get("/audit/")))
    notices.notify(recipients=[visit.user], key="planted", text=f"会员卡 {Personal(CARD)}", now=now)
    assert "5201" in Notice.objects.get(key="planted").text
    assert_nowhere(log)


# --- errors -----------------------------------------------------------------------------------


REFUSED = (
    f"/api/campaigns/?month={PHONE}&scale={PHONE}&status={CARD}",
    f"/api/imports/?state={PHONE}",
    f"/api/settlements/?year={PHONE}",
    f"/api/stores/?open_on={PHONE}",
    f"/api/stores/?page={PHONE}",
    f"/api/imports/{PHONE}/",
    f"/api/{PHONE}/",
    f"/imports/{PHONE}/",
    f"/cards/{PHONE}/",
)


def test_refusals_show_no_number(client: Client, log: io.StringIO) -> None:
    for address in REFUSED:
        answer = client.get(address)
        assert answer.status_code >= 400, address
        assert not found_in(body(answer)), address
    assert_nowhere(log)


@pytest.mark.parametrize("address", ["/imports/", "/api/imports/"])
def test_unexpected_error_shows_and_logs_no_number(
    client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError(f"invalid literal for int(): '{PHONE}' of card {CARD}")

    monkeypatch.setattr("campaigns.selectors.imports", fails)
    answer = client.get(address, {"q": PHONE, "state": "done"})
    assert answer.status_code == 500
    assert not found_in(answer.content)
    assert "invalid literal" in log.getvalue()
    assert_nowhere(log)


def test_error_report_shows_no_number() -> None:
    request = RequestFactory().post(f"/cards/1/?q={PHONE}", {"reason": PHONE, "card": CARD})
    number = CARD
    try:
        raise Invalid(f"{PHONE} {number}")
    except Invalid:
        report = import_string(django_settings.DEFAULT_EXCEPTION_REPORTER)(request, *sys.exc_info())
    assert "test_planting" in report.get_traceback_text()
    assert not found_in(report.get_traceback_text())
    assert not found_in(report.get_traceback_html())


def test_nobody_is_sent_error_reports_and_the_server_logs_no_addresses() -> None:
    """An address may hold what was searched for."""
    command = Path(django_settings.BASE_DIR, "haitang/web/management/commands/serve.py")
    assert not django_settings.ADMINS
    assert "log_access=False" in command.read_text(encoding="utf-8")


def test_scan_finds_what_is_there(log: io.StringIO, administrator: User) -> None:
    """The scan itself: a number kept in plain is found."""
    User.objects.filter(pk=administrator.pk).update(name=PHONE)
    with pytest.raises(AssertionError):
        assert_nowhere(log)
    User.objects.filter(pk=administrator.pk).update(name="管理员")
    stray = Path(django_settings.VAR_DIR) / "stray.txt"
    stray.write_text(CARD)
    with pytest.raises(AssertionError):
        assert_nowhere(log)

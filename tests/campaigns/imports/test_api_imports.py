"""The API of imports: upload, follow, refused rows, withdraw."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from campaigns.imports.services import run_import
from campaigns.models import SalesImport, StoreDay
from haitang.kernel.errors import Conflict
from haitang.kernel.models import AuditEntry
from tests.support.api import _no_throttle_from_earlier_tests, error_of, token_client
from tests.web import scene

pytestmark = pytest.mark.django_db
__all__ = ["_no_throttle_from_earlier_tests"]
HEAD = "门店编码,销售日期,小票号,商品编码,数量,销售金额,成本金额,会员卡号\n"
GOOD = HEAD + "S01,2026-10-17,R1,A1,2,30.00,20.00,\nS01,2018-02-29,R2,A1,1,15.00,10.00,\n"


def _upload(client: Client, text: str = GOOD, **fields: Any) -> Any:
    file = SimpleUploadedFile("十月.csv", text.encode())
    return client.post("/api/imports/upload/", {"file": file, **fields})


def _uploaded(client: Client) -> SalesImport:
    scene.make_store()
    answer = _upload(client)
    assert answer.status_code == 202
    row = SalesImport.objects.get()
    run_import(import_id=row.pk, now=scene.MOMENT, report=lambda done, total, note: None)
    return row


def test_upload_waits_and_then_shows_its_counts(it: User) -> None:
    client = token_client(it)
    scene.make_store()
    body = _upload(client).json()
    assert (body["state"], body["file_name"], body["created_by"]) == ("waiting", "十月.csv", "it")
    assert body["progress"] == {"done": 0, "total": 0, "note": ""}
    run_import(import_id=body["id"], now=scene.MOMENT, report=lambda done, total, note: None)
    body = client.get(f"/api/imports/{body['id']}/").json()
    assert body["state"] == "done"
    assert [body[f"lines_{key}"] for key in ("read", "accepted", "refused")] == [2, 1, 1]
    assert (body["amount"], body["store_days"], body["progress"]) == ("30.00", 1, None)


def test_upload_sent_twice_counts_once_and_says_which_import_it_was(it: User) -> None:
    client = token_client(it)
    first = _uploaded(client)
    second = _upload(client).json()["id"]
    with pytest.raises(Conflict):
        run_import(import_id=second, now=scene.MOMENT, report=lambda done, total, note: None)
    body = client.get(f"/api/imports/{second}/").json()
    assert body["state"] == "failed"
    assert f"已经导入过（#{first.pk}）" in body["error"]
    assert StoreDay.objects.get(is_active=True).amount_fen == 3000


def test_refused_rows_are_a_file_with_reasons(it: User) -> None:
    client = token_client(it)
    row = _uploaded(client)
    answer = client.get(f"/api/imports/{row.pk}/bad-rows.csv")
    text = b"".join(answer).decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text.splitlines()[0] == "行号,列,值,原因"
    assert "2018-02-29" in text


def test_withdrawal_takes_the_sales_out_and_is_told_in_the_trail(it: User) -> None:
    client = token_client(it)
    row = _uploaded(client)
    address = f"/api/imports/{row.pk}/withdraw/"
    answer = client.post(address, {"reason": "导错了"}, content_type="application/json")
    assert answer.json() == {"restored": 0, "emptied": 1, "lost": 0}
    assert client.get(f"/api/imports/{row.pk}/").json()["withdrawn_by"] == "it"
    assert AuditEntry.objects.filter(stream="sales", actor=it).exists()
    again = client.post(address, {"reason": "导错了"}, content_type="application/json")
    error_of(again, 409, "conflict")


def test_withdrawal_without_a_reason_is_refused(it: User) -> None:
    client, row = token_client(it), scene.make_import(effect_number=1)
    address = f"/api/imports/{row.pk}/withdraw/"
    answer = client.post(address, {"reason": " "}, content_type="application/json")
    assert error_of(answer, 400, "invalid")["details"][0]["field"] == "reason"
    row.refresh_from_db()
    assert row.state == "done"


def test_upload_without_a_file_or_of_an_unknown_mapping_keeps_nothing(it: User) -> None:
    client = token_client(it)
    error = error_of(client.post("/api/imports/upload/", {}), 400, "invalid")
    assert error["details"][0]["field"] == "file"
    error_of(_upload(client, ""), 400, "invalid")
    error_of(_upload(client, mapping="没有"), 404, "not_found")
    assert not SalesImport.objects.exists()


def test_upload_is_closed_to_who_may_only_look(supervisor: User) -> None:
    client = token_client(supervisor)
    error_of(_upload(client), 403, "not_allowed")
    assert client.get("/api/imports/").status_code == 200


def test_import_that_is_not_there_is_not_found(it: User) -> None:
    client = token_client(it)
    for address in ("/api/imports/7/", "/api/imports/7/bad-rows.csv", f"/api/imports/{10**30}/"):
        error_of(client.get(address), 404, "not_found")


def test_imports_are_filtered_by_state(it: User) -> None:
    scene.make_import(name="a.csv")
    scene.make_import(name="b.csv", state="failed")
    rows = token_client(it).get("/api/imports/?state=failed").json()["results"]
    assert [row["file_name"] for row in rows] == ["b.csv"]


@pytest.mark.parametrize("number", [1, 3])
def test_imports_ask_a_constant_number_of_queries(number: int, it: User) -> None:
    for index in range(number):
        scene.make_import(name=f"{index}.csv", created_by=it)
    client = token_client(it)
    client.get("/api/me/")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/api/imports/").json()["count"] == number
    assert len(asked) == 4  # token with person, standing, count, rows

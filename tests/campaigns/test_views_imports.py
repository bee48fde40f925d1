"""The imports: list, upload, preview and mapping, progress, bad rows, withdrawal."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.imports.services import run_import
from campaigns.models import SalesImport, SourceMapping, StoreDay
from haitang.kernel.models import StoredFile
from tests.web import scene

pytestmark = pytest.mark.django_db

STANDARD = (
    "门店编码,销售日期,小票号,商品编码,数量,销售金额,成本金额,会员卡号\n"
    "S01,2026-11-01,1,A1,2,30.00,20.00,6222000012345678\n"
    "S01,2026-11-02,1,A1,1,15.00,10.00,\n"
    "S77,2026-11-02,2,A1,1,15.00,10.00,\n"
)
FOREIGN = "店,日期,单号,货号,数量,实收\nx,2026-11-01,1,A1,2,30.00\n"


@pytest.fixture
def importer(client: Client, it: User) -> Client:
    scene.make_store()
    client.force_login(it)
    return client


def _upload(client: Client, text: str = STANDARD, *, source: str = "") -> str:
    file = SimpleUploadedFile("十一月.csv", text.encode())
    answer = client.post("/imports/upload/", {"file": file, "source": source})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def _filled(client: Client, address: str, **changes: str) -> dict[str, Any]:
    form = client.get(address).context["form"]
    return {field.name: field.value() or "" for field in form if field.name != "again"} | changes


def _run() -> SalesImport:
    row = SalesImport.objects.get()
    run_import(import_id=row.pk, now=scene.MOMENT, report=lambda done, total, note: None)
    row.refresh_from_db()
    return row


def _imported(client: Client) -> SalesImport:
    address = _upload(client)
    assert client.post(address, _filled(client, address)).status_code == 302
    return _run()


def test_upload_keeps_the_file_and_imports_nothing_yet(importer: Client) -> None:
    address = _upload(importer)
    stored = StoredFile.objects.get()
    assert address == f"/imports/files/{stored.pk}/"
    assert not SalesImport.objects.exists()


def test_upload_without_a_file_says_so(importer: Client) -> None:
    answer = importer.post("/imports/upload/", {"source": ""})
    assert "请先选一个文件再上传。" in answer.content.decode()


def test_upload_of_something_else_is_refused_with_a_sentence(importer: Client) -> None:
    address = _upload(importer, "<html>不是销售</html>")
    answer = importer.get(address)
    assert answer.status_code == 400
    assert "其实是网页格式" in answer.content.decode()


def test_preview_guesses_the_columns_and_masks_cards(importer: Client) -> None:
    text = importer.get(_upload(importer)).content.decode()
    assert "2026-11-01" in text
    assert "6222000012345678" not in text
    assert "5678" in text


def test_import_of_the_standard_columns_needs_no_mapping(importer: Client) -> None:
    row = _imported(importer)
    assert (row.state, row.source) == ("done", "标准")
    assert (row.lines_accepted, row.lines_refused, row.store_days) == (2, 1, 2)


def test_mapping_names_each_field_that_is_missing(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    answer = importer.post(address, _filled(importer, address))
    assert answer.status_code == 200
    errors = answer.context["form"].errors
    assert "请选门店编码取自哪一列。" in errors["store"]
    assert "cost" in errors
    assert not SalesImport.objects.exists()


def test_mapping_with_a_constant_store_and_a_cost_rate_imports(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    data = _filled(
        importer, address, store="constant:S01", cost_from="rate", cost_rate="0.7", name="单店"
    )
    assert importer.post(address, data).status_code == 302
    row = _run()
    day = StoreDay.objects.get(is_active=True)
    assert (row.source, row.lines_accepted) == ("单店", 1)
    assert (day.store.code, day.amount_fen, day.cost_fen) == ("S01", 3000, 2100)
    assert SourceMapping.objects.get().name == "单店"


def test_saved_mapping_fills_the_form_the_next_time(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    data = _filled(
        importer, address, store="constant:S01", cost_from="rate", cost_rate="0.7", name="单店"
    )
    importer.post(address, data)
    again = _filled(importer, _upload(importer, FOREIGN, source="单店"))
    assert {key: again[key] for key in ("store", "cost_from", "cost_rate", "name")} == {
        "store": "constant:S01",
        "cost_from": "rate",
        "cost_rate": "0.7",
        "name": "单店",
    }


def test_mapping_with_a_wrong_rate_is_refused_with_a_sentence(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    data = _filled(importer, address, store="constant:S01", cost_from="rate", cost_rate="七成")
    answer = importer.post(address, data)
    assert "写成“七成”不行" in answer.content.decode()
    assert not SalesImport.objects.exists()


def test_mapping_by_card_and_day_needs_the_card(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    data = _filled(importer, address, store="constant:S01", receipt="card_and_day")
    errors = importer.post(address, data).context["form"].errors
    assert "member" in errors


def test_mapping_offers_a_repeated_header_by_its_number(importer: Client) -> None:
    address = _upload(importer, FOREIGN.replace("单号", "实收"))
    choices = importer.get(address).context["form"].fields["amount"].choices
    assert {"实收#1", "实收#2"} <= {value for value, _ in choices}


def test_file_of_somebody_else_is_not_found(client: Client, administrator: User, it: User) -> None:
    client.force_login(administrator)
    scene.make_store()
    address = _upload(client)
    client.force_login(it)
    assert client.get(address).status_code == 404


def test_import_page_shows_counts_and_bad_rows(importer: Client) -> None:
    row = _imported(importer)
    text = importer.get(f"/imports/{row.pk}/").content.decode()
    assert "共 1 行没有计入" in text
    assert "S77" in text
    assert "data-poll" not in text


def test_bad_rows_come_as_a_file_for_excel(importer: Client) -> None:
    row = _imported(importer)
    answer = importer.get(f"/imports/{row.pk}/bad-rows.csv")
    text = b"".join(answer).decode()
    assert text.startswith("\ufeff")
    assert "S77" in text
    assert "attachment" in answer["Content-Disposition"]


def test_progress_polls_until_the_import_has_ended(importer: Client) -> None:
    row = scene.make_import(state="loading")
    page = importer.get(f"/imports/{row.pk}/").content.decode()
    assert f'data-poll="/imports/{row.pk}/progress/"' in page
    assert "Poll-Done" not in importer.get(f"/imports/{row.pk}/progress/")
    SalesImport.objects.update(state="failed", error="表头与映射对不上。")
    done = importer.get(f"/imports/{row.pk}/progress/")
    assert done["Poll-Done"] == "1"
    assert "表头与映射对不上。" in done.content.decode()


def test_withdrawal_names_file_and_store_days_and_takes_the_sales_out(importer: Client) -> None:
    row = _imported(importer)
    page = importer.get(f"/imports/{row.pk}/").content.decode()
    assert "确认撤回这 2 个门店日" in page
    answer = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "传错月份"}, follow=True)
    row.refresh_from_db()
    assert (row.state, row.withdrawn_reason) == ("withdrawn", "传错月份")
    assert not StoreDay.objects.filter(is_active=True).exists()
    assert "2 个门店日现在没有销售" in answer.content.decode()


def test_withdrawal_without_reason_is_refused(importer: Client) -> None:
    row = _imported(importer)
    answer = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": ""}, follow=True)
    assert "请写明撤回的原因" in answer.content.decode()
    assert StoreDay.objects.filter(is_active=True).count() == 2


def test_withdrawal_twice_is_refused(importer: Client) -> None:
    row = _imported(importer)
    importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"})
    again = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"}, follow=True)
    assert "只有已生效的导入可以撤回" in again.content.decode()


def test_finance_sees_imports_but_may_not_send_or_withdraw(client: Client, finance: User) -> None:
    row = scene.make_import()
    client.force_login(finance)
    text = (
        client.get("/imports/").content.decode()
        + client.get(f"/imports/{row.pk}/").content.decode()
    )
    assert "upload" not in text
    assert "withdraw" not in text
    assert client.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"}).status_code == 403


def test_import_that_does_not_exist_is_not_found(importer: Client) -> None:
    assert importer.get("/imports/999/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, importer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        scene.make_import(name=f"{index}.csv")
    with django_assert_num_queries(6):
        importer.get("/imports/")


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_a_constant_number_of_queries(
    number: int, importer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = scene.make_import(lines_refused=number)
    for line in range(number):
        row.bad_rows.create(line_no=line, column="数量", value="", reason="是空的")
    with django_assert_num_queries(5):
        importer.get(f"/imports/{row.pk}/")

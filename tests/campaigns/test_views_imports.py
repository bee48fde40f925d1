"""The imports: list, upload, preview and mapping, progress, bad rows, withdrawal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.imports.services import run_import
from campaigns.models import ItemCost, SalesImport, SourceMapping, StoreDay
from haitang.kernel.models import AuditEntry, StoredFile
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


def test_header_that_stands_twice_is_told_with_the_column_that_is_read(importer: Client) -> None:
    twice = FOREIGN.replace("单号", "实收")
    address = _upload(importer, twice)
    told = "列“实收”在表头里有 2 个（第 3 列、第 6 列）：现在读第 3 列（销售金额），其余的不用。"
    assert told in importer.get(address).content.decode()
    data = _filled(importer, address, store="constant:S01", amount="实收#2", preview="1")
    told = "现在读第 6 列（销售金额），其余的不用。"
    assert told in importer.post(address, data).content.decode()
    assert "在表头里有" not in importer.get(_upload(importer, FOREIGN)).content.decode()


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
    page = importer.get(f"/imports/{row.pk}/withdraw/").content.decode()
    assert "确认撤回这 2 个门店日" in page
    assert "撤回“十一月.csv”" in page
    assert "会变成没有销售" in page
    answer = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "传错月份"}, follow=True)
    row.refresh_from_db()
    assert (row.state, row.withdrawn_reason) == ("withdrawn", "传错月份")
    assert not StoreDay.objects.filter(is_active=True).exists()
    assert "2 个门店日现在没有销售" in answer.content.decode()


def test_withdrawal_without_reason_is_refused(importer: Client) -> None:
    row = _imported(importer)
    answer = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": ""}, follow=True)
    assert answer.status_code == 400
    assert "请写明撤回的原因" in answer.content.decode()
    assert StoreDay.objects.filter(is_active=True).count() == 2


def test_withdrawal_twice_is_refused(importer: Client) -> None:
    row = _imported(importer)
    importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"})
    again = importer.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"}, follow=True)
    assert "只有已生效的导入可以撤回" in again.content.decode()


def test_withdrawal_says_which_import_comes_back(importer: Client) -> None:
    first = _imported(importer)
    address = _upload(importer, STANDARD.replace("30.00", "60.00"))
    importer.post(address, _filled(importer, address))
    second = SalesImport.objects.latest("pk")
    run_import(import_id=second.pk, now=scene.MOMENT, report=lambda done, total, note: None)
    page = importer.get(f"/imports/{second.pk}/withdraw/").content.decode()
    assert "2 个门店日恢复为" in page
    assert f'href="/imports/{first.pk}/"' in page
    older = importer.get(f"/imports/{first.pk}/withdraw/").content.decode()
    assert "都已被以后的导入替换" in older


def test_page_of_the_withdrawal_is_only_for_what_is_in_effect(importer: Client) -> None:
    row = scene.make_import(state="failed")
    answer = importer.get(f"/imports/{row.pk}/withdraw/", follow=True)
    assert "只有已生效的导入可以撤回" in answer.content.decode()


def test_import_uses_the_file_that_the_upload_kept(importer: Client) -> None:
    row = _imported(importer)
    assert StoredFile.objects.get() == row.file


def test_preview_shows_what_the_first_rows_become(importer: Client) -> None:
    context = importer.get(_upload(importer)).context
    assert [row["problem"] for row in context["read"]][:2] == ["", ""]
    assert "S77" in context["read"][2]["problem"]
    values = dict(zip(context["fields"], context["read"][0]["values"], strict=True))
    assert values["销售金额"] == "30.00"
    assert values["会员卡号"].endswith("5678")
    assert "62220000" not in values["会员卡号"]


def test_preview_button_reads_anew_and_imports_nothing(importer: Client) -> None:
    address = _upload(importer, FOREIGN)
    assert importer.get(address).context["read"] == []
    data = _filled(importer, address, store="constant:S01", cost_from="rate", cost_rate="0.7")
    answer = importer.post(address, data | {"preview": "1"})
    values = dict(zip(answer.context["fields"], answer.context["read"][0]["values"], strict=True))
    assert (values["门店编码"], values["成本金额"]) == ("S01", "21.00")
    assert not SalesImport.objects.exists()


def test_second_import_is_told_that_it_waits(importer: Client) -> None:
    running = scene.make_import(name="大文件.csv", state="loading")
    assert "大文件.csv" in importer.get("/imports/").content.decode()
    address = _upload(importer)
    assert "这个文件会等它们完成" in importer.get(address).content.decode()
    answer = importer.post(address, _filled(importer, address), follow=True)
    text = answer.content.decode()
    assert "前面还有 1 个" in text
    assert f'href="/imports/{running.pk}/"' in text


def _save_mapping(importer: Client, name: str = "单店") -> SourceMapping:
    address = _upload(importer, FOREIGN)
    data = _filled(
        importer, address, store="constant:S01", cost_from="rate", cost_rate="0.7", name=name
    )
    assert importer.post(address, data).status_code == 302
    return SourceMapping.objects.get(name=name)


def test_saved_mapping_is_changed_with_the_columns_of_its_last_file(importer: Client) -> None:
    saved = _save_mapping(importer)
    address = f"/imports/mappings/{saved.pk}/"
    page = importer.get(address)
    assert "十一月.csv" in page.content.decode()
    assert ("店", "店") in page.context["form"].fields["item"].choices
    importer.post(address, _filled(importer, address, cost_rate="0.65"))
    saved.refresh_from_db()
    assert saved.document["cost"] == {"from": "rate", "rate": "0.65"}
    assert saved.document["constants"] == {"store": "S01"}


def test_saved_mapping_under_another_name_is_a_second_one(importer: Client) -> None:
    saved = _save_mapping(importer)
    address = f"/imports/mappings/{saved.pk}/"
    importer.post(address, _filled(importer, address, name="第二家"))
    assert set(SourceMapping.objects.values_list("name", flat=True)) == {"单店", "第二家"}


def test_mapping_without_a_file_at_hand_offers_its_own_columns(importer: Client) -> None:
    saved = _save_mapping(importer)
    SalesImport.objects.all().delete()
    page = importer.get(f"/imports/mappings/{saved.pk}/")
    assert "手边没有用它导入过的文件" in page.content.decode()
    assert ("货号", "货号") in page.context["form"].fields["item"].choices


def test_deleted_mapping_leaves_the_imports_as_they_are(importer: Client) -> None:
    saved = _save_mapping(importer)
    importer.post(f"/imports/mappings/{saved.pk}/delete/")
    assert not SourceMapping.objects.exists()
    assert SalesImport.objects.get().mapping["constants"] == {"store": "S01"}
    assert AuditEntry.objects.get(act="delete_mapping").object_name == "单店"
    assert "还没有保存过映射" in importer.get("/imports/mappings/").content.decode()
    assert importer.get(f"/imports/mappings/{saved.pk}/").status_code == 404


def _send_costs(client: Client, text: str) -> str:
    file = SimpleUploadedFile("成本.csv", text.encode())
    answer = client.post("/imports/item-costs/upload/", {"file": file}, follow=True)
    return str(answer.content.decode())


def test_cost_list_is_taken_in_and_found(importer: Client) -> None:
    text = _send_costs(importer, "商品编码,生效日期,单位成本\nA1,2026-01-01,9.5\nB2,2026-01-01,3\n")
    assert "新增 2 条成本" in text
    found = importer.get("/imports/item-costs/?q=A1").content.decode()
    assert "¥9.5000" in found
    assert "¥3.0000" not in found  # the other one; its code might stand in a random token


def test_cost_list_with_a_bad_row_is_refused_whole(importer: Client) -> None:
    text = _send_costs(importer, "商品编码,生效日期,单位成本\nA1,2026-01-01,9.5\nB2,2026-02-30,x\n")
    assert "一行也没有导入" in text
    assert "第 3 行" in text
    assert not ItemCost.objects.exists()


def test_finance_sees_costs_and_mappings_but_changes_nothing(client: Client, finance: User) -> None:
    client.force_login(finance)
    for address in ("/imports/item-costs/", "/imports/mappings/"):
        assert client.get(address).status_code == 200
        assert '<button class="main"' not in client.get(address).content.decode()
    assert client.post("/imports/item-costs/upload/").status_code == 403
    assert client.post("/imports/mappings/1/delete/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("page", "queries"), [("mappings", 4), ("item-costs", 5)])
def test_data_page_asks_a_constant_number_of_queries(
    page: str,
    queries: int,
    number: int,
    importer: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        SourceMapping.objects.create(name=f"{index}", document={}, updated_at=scene.MOMENT)
        ItemCost.objects.create(item=f"{index}", valid_from=date(2026, 1, 1), cost=1)
    with django_assert_num_queries(queries):
        importer.get(f"/imports/{page}/")


def test_finance_sees_imports_but_may_not_send_or_withdraw(client: Client, finance: User) -> None:
    row = scene.make_import()
    client.force_login(finance)
    text = (
        client.get("/imports/").content.decode()
        + client.get(f"/imports/{row.pk}/").content.decode()
    )
    assert "upload" not in text
    assert "/withdraw/" not in text
    assert client.post(f"/imports/{row.pk}/withdraw/", {"reason": "x"}).status_code == 403


def test_import_that_does_not_exist_is_not_found(importer: Client) -> None:
    assert importer.get("/imports/999/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_a_constant_number_of_queries(
    number: int, importer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row = scene.make_import(lines_refused=number)
    for line in range(number):
        row.bad_rows.create(line_no=line, column="数量", value="", reason="是空的")
    with django_assert_num_queries(5):
        importer.get(f"/imports/{row.pk}/")

"""A pack comes through the administrator's page: loaded by the worker, told file by file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import MemberCard, SaleLine, Store
from content.models import Article
from haitang.datapack.contents import KINDS
from haitang.datapack.loaders import AFTER_SALES, BEFORE_SALES
from haitang.datapack.uploads import load_of
from haitang.datapack.workbench import workbench_items
from haitang.kernel import jobs
from haitang.kernel.models import AuditEntry, Job
from tests.factories.packs import write_pack
from tests.factories.trade import NOW

pytestmark = pytest.mark.django_db(transaction=True)
SALES = "S01,2026-10-17,R1,P1,2,30.00,20.00,6222021234567890"


@pytest.fixture
def logged_in(administrator: User, client: Client) -> Client:
    client.force_login(administrator)
    return client


def zipped(folder: Path) -> bytes:
    """The folder as a .zip with the folder inside, as Windows packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"搬家/{file.name}")
    return packed.getvalue()


def send(client: Client, content: bytes, *, name: str = "搬家.zip", **also: str) -> HttpResponse:
    """Upload it and let the worker do what it finds; the page that is then shown."""
    file = SimpleUploadedFile(name, content)
    answer = client.post("/packs/", {"file": file, **also})
    jobs.run_pending()
    shown = client.get(answer["Location"]) if answer.status_code == 302 else answer
    assert isinstance(shown, HttpResponse)
    return shown


def test_pack_is_loaded_and_traced_to_who_sent_it(
    logged_in: Client, administrator: User, tmp_path: Path
) -> None:
    pack = write_pack(tmp_path / "包", sales=SALES, articles="A1,感恩,campaign,2026-10-15,3000")
    text = send(logged_in, zipped(pack)).content.decode()
    assert "全部装入" in text
    assert (Store.objects.count(), SaleLine.objects.count()) == (1, 1)
    entry = AuditEntry.objects.get(act="load_pack")
    assert (entry.actor, entry.object_name) == (administrator, "搬家")
    again = send(logged_in, zipped(pack))
    assert again.status_code == 200
    done = load_of(Job.objects.latest("pk").pk)
    assert [each.changed for each in done.files] == [0, 0, 0]
    assert SaleLine.objects.count() == 1


def test_bad_rows_are_named_and_taken_along_and_the_rest_is_loaded(
    logged_in: Client, tmp_path: Path
) -> None:
    pack = write_pack(
        tmp_path / "包", articles="A1,感恩,campaign,2018-02-29,\nA2,好,other,2026-10-15,"
    )
    text = send(logged_in, zipped(pack)).content.decode()
    assert "有文件没有装入" in text
    assert "2018-02-29" in text
    assert not Article.objects.exists()
    assert Store.objects.count() == 1
    number = Job.objects.latest("pk").pk
    rows = logged_in.get(f"/packs/{number}/rejected.csv").content.decode("utf-8-sig").splitlines()
    assert rows[0] == "文件,行号,列,值,原因"
    assert rows[1].startswith("articles.csv,2,published_on,2018-02-29,")
    send(logged_in, zipped(pack), skip_bad_rows="on")
    assert list(Article.objects.values_list("code", flat=True)) == ["A2"]


def test_refused_card_is_masked_in_what_is_kept(logged_in: Client, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "包", participants="C9,6222021234567890")
    assert "6222021234567890" not in send(logged_in, zipped(pack)).content.decode()
    assert "6222021234567890" not in str(Job.objects.latest("pk").result)
    assert not MemberCard.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("搬家.rar", b"x", "不是 .zip"),
        ("搬家.zip", b"x", "不是完好的 .zip 文件"),
        ("搬家.zip", zipfile.ZipFile, "里没有 stores.csv"),
        ("搬家.zip", b"", "这个文件是空的"),
    ],
)
def test_what_is_no_pack_says_so(
    name: str, content: bytes | type, sentence: str, logged_in: Client
) -> None:
    if not isinstance(content, bytes):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("articles.csv", "code\n")
        content = packed.getvalue()
    assert sentence in send(logged_in, content, name=name).content.decode()
    assert not Store.objects.exists()


def test_page_names_every_file_that_a_pack_may_hold(logged_in: Client) -> None:
    loaders = {each.file for each in (*BEFORE_SALES, *AFTER_SALES)}
    assert {each.file for each in KINDS} == {*loaders, "sales.csv", "policy.json"}
    text = logged_in.get("/packs/").content.decode()
    assert all(each.file in text for each in KINDS)


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_the_same_of_any_number(
    number: int, logged_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        send(logged_in, b"x")
    logged_in.get("/packs/")
    with django_assert_num_queries(5):
        logged_in.get("/packs/")


def test_empty_house_is_told_how_to_move_in(
    administrator: User, general_manager: User, tmp_path: Path
) -> None:
    (item,) = workbench_items(administrator, NOW)
    assert item.url == "/packs/"
    assert not workbench_items(general_manager, NOW)
    Store.objects.create(code="S01", name="解放路店", opened_on=NOW.date())
    assert not workbench_items(administrator, NOW)

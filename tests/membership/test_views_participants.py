"""The pages of participants' files: list, form, reveal, month, what is required."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from campaigns.models import Campaign
from haitang.kernel import clock
from haitang.kernel.models import AuditEntry
from membership.models import ArchiveSettings, Participant
from tests.factories.followers import NOW
from tests.factories.participants import PHONE, make_participant
from tests.factories.trade import make_campaign, make_store

pytestmark = pytest.mark.django_db
LIST, NEW = "/campaigns/C1/participants/", "/campaigns/C1/participants/new/"


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign("C1", stores=[make_store()])


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> datetime:
        return NOW

    monkeypatch.setattr(clock, "now", now)


@pytest.fixture
def client(client: Client, cs: User) -> Client:
    """Customer service at the browser."""
    client.force_login(cs)
    return client


def body(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_list_says_who_lacks_what_and_how_complete_all_are(
    campaign: Campaign, cs: User, client: Client
) -> None:
    make_participant(campaign, cs)
    make_participant(campaign, cs, name="李先生", phone="", consented_on=None)
    page = body(client, LIST)
    assert "80%" in page  # 8 of 10
    assert "缺 2 项" in page
    assert "电话或会员卡、同意留资料" in page
    assert "*******0123" in page
    assert PHONE not in page
    assert "王阿姨" not in page
    only = client.get(f"{LIST}?only=1")
    assert [row.file.source for row in only.context["rows"]] == ["account"]
    assert "李" not in only.content.decode()  # masked too: **生
    assert len(client.get(f"{LIST}?q={PHONE}").context["rows"]) == 1
    assert "没有符合条件的档案" in body(client, f"{LIST}?q=nobody")


def test_campaign_leads_to_its_files_for_who_may_read_them(
    campaign: Campaign, client: Client, it: User
) -> None:
    link = f'href="{LIST}"'
    assert link in body(client, "/campaigns/C1/")
    client.force_login(it)
    assert link not in body(client, "/campaigns/C1/")


def test_file_is_entered_corrected_and_removed(campaign: Campaign, client: Client) -> None:
    store = campaign.stores.get()
    given = {"name": "王阿姨", "phone": PHONE, "store": store.pk, "source": "store"}
    answer = client.post(NEW, {**given, "again": "1"})
    assert (answer.status_code, answer["Location"]) == (302, NEW)
    refused = client.post(NEW, given)
    assert refused.status_code == 400
    assert "已经有这个电话" in refused.content.decode()
    file = Participant.objects.get()
    address = f"/participants/{file.pk}/edit/"
    page = body(client, address)
    assert "已填 *******0123；不改就空着" in page
    assert PHONE not in page
    answer = client.post(
        address, {"source": "group", "store": store.pk, "consented_on": "2026-10-21"}
    )
    assert answer["Location"] == LIST
    file.refresh_from_db()
    assert file.source == "group"
    assert file.phone == Participant.objects.get().phone
    assert client.post(f"/participants/{file.pk}/remove/", {"reason": ""}).status_code == 400
    client.post(f"/participants/{file.pk}/remove/", {"reason": "重复登记"})
    assert not Participant.objects.exists()
    assert client.get(address).status_code == 404


def test_file_that_says_nobody_is_refused_in_the_form(campaign: Campaign, client: Client) -> None:
    answer = client.post(NEW, {"source": "store"})
    assert answer.status_code == 400
    assert "不然不知道是谁的档案" in answer.content.decode()


def test_name_and_phone_are_shown_to_who_gave_a_reason(
    campaign: Campaign, cs: User, client: Client
) -> None:
    address = f"/participants/{make_participant(campaign, cs).pk}/"
    assert PHONE not in body(client, address)
    assert client.post(address, {"reason": " "}).status_code == 400
    shown = client.post(address, {"reason": "回访"}).content.decode()
    assert PHONE in shown
    assert "王阿姨" in shown
    entries = AuditEntry.objects.filter(act="personal.reveal", object_type="membership.participant")
    assert {each.details["field"] for each in entries} == {"name", "phone"}


def test_files_taken_along_are_masked_and_recorded(
    campaign: Campaign, cs: User, client: Client
) -> None:
    make_participant(campaign, cs, source="")
    answer = client.get("/campaigns/C1/participants.csv")
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("**姨,*******0123,,S01")
    assert "怎样来的" in text.splitlines()[1]
    assert AuditEntry.objects.get(act="download").details["file"] == "C1 客户档案.csv"


def test_cards_that_took_part_get_their_files_from_the_page(client: Client, cs: User) -> None:
    make_campaign("C1", stores=[make_store()], cards=["6225880137645201"])
    assert "1 张登记参与的会员卡还没有档案" in body(client, LIST)
    client.post("/campaigns/C1/participants/cards/")
    assert Participant.objects.get().recorded_by is None
    assert "还没有档案" not in body(client, LIST)
    assert "缺 4 项" in body(client, LIST)


def test_month_shows_each_campaign_and_what_is_missing(
    campaign: Campaign, cs: User, client: Client
) -> None:
    make_participant(campaign, cs, source="")
    page = body(client, "/participants/?month=2026-10")
    assert "缺 20 个百分点" in page
    assert f'href="{LIST}"' in page
    assert "没有登记参与的客户" in body(client, "/participants/")
    assert client.get("/participants/?month=x").status_code == 400


def test_required_fields_are_set_by_who_is_not_measured(
    campaign: Campaign, client: Client, supervisor: User
) -> None:
    address = "/participants/required/"
    assert client.post(address, {"required": ["name"]}).status_code == 403
    client.force_login(supervisor)
    assert client.post(address, {}).status_code == 400
    assert client.post(address, {"required": ["name", "store"]}).status_code == 302
    assert ArchiveSettings.objects.get().required == ["name", "store"]
    assert "姓名或称呼、门店</b>" in body(client, "/participants/")


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [(LIST, 9), ("/campaigns/C1/participants.csv", 12), ("/participants/?month=2026-10", 8)],
)
def test_lists_ask_a_constant_number_of_queries(
    campaign: Campaign,
    cs: User,
    client: Client,
    address: str,
    queries: int,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        make_participant(campaign, cs, phone=f"1398765012{index}")
        if index:
            make_participant(make_campaign(f"D{index}", stores=None), cs)
    client.get(address)
    with django_assert_num_queries(queries):
        client.get(address)

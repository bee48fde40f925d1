"""The payments page: who is paid, who left, what is filtered; files that carry masks only."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.kernel.models import AuditEntry
from incentives.models import Payout, Settlement
from incentives.payments.payees import set_account
from tests.factories.payments import make_approved, make_people, payment_of

PAGE = "/months/2026-10/payments/"


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def month(people: dict[str, User], now: datetime) -> Settlement:
    return make_approved(people, now=now, fees={"M1": 10_000})


@pytest.mark.parametrize("fees", [1, 3])
def test_page_asks_the_same_number_of_queries(
    people: dict[str, User],
    now: datetime,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    fees: int,
) -> None:
    make_approved(people, now=now, fees={f"M{n}": 100 for n in range(fees)})
    client.force_login(people["finance"])
    client.get(PAGE)
    with django_assert_num_queries(9):
        client.get(PAGE)


def test_who_has_left_is_flagged(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    User.objects.filter(username="wang").update(last_day=date(2020, 1, 31))
    client.force_login(people["finance"])
    assert client.get(PAGE).content.decode().count("2020年1月31日 周五离开") == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=paid", []),
        ("kind=fee", ["周敏"]),
        ("q=刘", ["刘洋"]),
        ("state=waiting&kind=payable", ["刘洋", "王芳"]),
    ],
)
def test_list_is_filtered_by_the_address(
    people: dict[str, User], month: Settlement, client: Client, query: str, names: list[str]
) -> None:
    client.force_login(people["gm"])
    rows = client.get(f"{PAGE}?{query}").context["rows"]
    assert [row.payment.name for row in rows] == names


def test_list_to_take_along_masks_the_numbers(
    people: dict[str, User], month: Settlement, now: datetime, client: Client
) -> None:
    number = "6222020200112233"
    set_account(
        account_code="payable:liu",
        holder="刘洋",
        bank="工商银行",
        number=number,
        by=people["finance"],
        now=now,
    )
    client.force_login(people["finance"])
    for address in (PAGE, "/months/2026-10/payments.csv"):
        text = client.get(address).content.decode()
        assert "************2233" in text
        assert number not in text
    assert AuditEntry.objects.get(act="download").object_id == str(month.pk)


def test_stale_page_changes_nothing(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    client.force_login(people["finance"])
    address = f"{PAGE}{payment_of(month, 'liu').pk}/"
    client.post(address, {"was": "waiting", "state": "paid"})
    answer = client.post(address, {"was": "waiting", "state": "failed", "note": "x"}, follow=True)
    assert "刚由别人登记过" in answer.content.decode()
    assert payment_of(month, "liu").state == "paid"


def test_sums_add_up_to_what_is_owed_when_one_is_paid_again(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    client.force_login(people["finance"])
    before = client.get(PAGE).context["total_fen"]
    address = f"{PAGE}{payment_of(month, 'liu').pk}/"
    client.post(address, {"was": "waiting", "state": "failed", "note": "账号有误"})
    client.post(f"{address}retry/")
    answer = client.get(PAGE)
    assert sum(each.amount_fen for each in answer.context["sums"]) == before
    assert (answer.context["total_fen"], answer.context["shown_fen"]) == (before, before)
    assert "1 笔已重新付，金额只算一次" in answer.content.decode()


def test_payment_of_another_month_is_not_found(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    client.force_login(people["finance"])
    pk = payment_of(month, "liu").pk
    answer = client.post(f"/months/2026-09/payments/{pk}/", {"state": "paid"})
    assert answer.status_code == 404
    assert payment_of(month, "liu").state == "waiting"


def test_carried_amounts_are_listed(
    people: dict[str, User], month: Settlement, client: Client
) -> None:
    Payout.objects.create(
        settlement=month,
        username="zhao",
        name="赵督导",
        earned_fen=100,
        adjusted_fen=-500,
        payable_fen=0,
        carried_out_fen=400,
    )
    client.force_login(people["finance"])
    (row,) = client.get(PAGE).context["carried"]
    assert (row.name, row.carried_out_fen) == ("赵督导", 400)


def test_month_not_approved_says_when_payments_come(
    people: dict[str, User], client: Client
) -> None:
    client.force_login(people["finance"])
    assert "还没有付款" in client.get(PAGE).content.decode()

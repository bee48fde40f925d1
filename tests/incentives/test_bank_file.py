"""The bank's file: columns as chosen, numbers in full only there, and only with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.models import AuditEntry
from incentives.models import BankLayout, PayeeAccount, Settlement
from incentives.payments.bank_file import (
    EXAMPLES,
    BankRow,
    Layout,
    content,
    default_layout,
    delete_layout,
    lines,
    make_bank_file,
    save_layout,
)
from incentives.payments.payees import set_account
from incentives.payments.selectors import payments_of
from tests.factories.payments import make_approved, make_people, payment_of

NUMBER = "6222020200112233"
LAYOUT = Layout("工行", (("户名", "holder"), ("账号", "number"), ("金额", "amount")))
ROW = BankRow("刘洋", NUMBER, "工商银行", 600_714, "提成", "liu", "1", "2026-10")


def test_columns_stand_in_the_order_chosen() -> None:
    turned = replace(LAYOUT, columns=LAYOUT.columns[::-1])
    assert lines(turned, [ROW]) == ["金额,账号,户名", f"6007.14,{NUMBER},刘洋"]


@pytest.mark.parametrize(
    ("separator", "line"),
    [("|", f"刘洋|{NUMBER}|6007.14"), ("\t", f"刘洋\t{NUMBER}\t6007.14")],
)
def test_separator_and_no_header(separator: str, line: str) -> None:
    assert lines(replace(LAYOUT, separator=separator, with_header=False), [ROW]) == [line]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_file_is_in_the_encoding_of_the_layout(encoding: str) -> None:
    made = content(replace(LAYOUT, encoding=encoding), [replace(ROW, holder="㐂喆")])
    assert made.decode(encoding) == f"户名,账号,金额\r\n㐂喆,{NUMBER},6007.14\r\n"


def test_cell_never_breaks_the_file() -> None:
    odd = replace(ROW, holder='刘,"洋"\n王')
    assert lines(replace(LAYOUT, with_header=False), [odd]) == [f'"刘,""洋"" 王",{NUMBER},6007.14']


def test_preview_masks_the_numbers() -> None:
    shown = "".join(lines(LAYOUT, [each.masked() for each in EXAMPLES]))
    assert "************0001" in shown
    assert "6222" not in shown


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()


@pytest.fixture
def month(people: dict[str, User], now: datetime) -> Settlement:
    return make_approved(people, now=now)


def enter(people: dict[str, User], now: datetime, number: str = NUMBER) -> PayeeAccount:
    return set_account(
        account_code="payable:liu",
        holder="刘洋",
        bank="工商银行",
        number=number,
        by=people["finance"],
        now=now,
    )


def test_number_is_encrypted_at_rest_and_masked_in_the_trail(
    people: dict[str, User], now: datetime
) -> None:
    row = enter(people, now, "6222 0202-0011 2233")
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, number_hash FROM incentives_payeeaccount")
        stored, digest = cursor.fetchone()
    assert NUMBER.encode() not in bytes(stored)
    assert (len(digest), str(row)) == (64, "刘洋 ************2233")
    entry = AuditEntry.objects.get(act="set_payee_account")
    assert (entry.details["now"], entry.object_name) == ("************2233", str(row))


def test_empty_number_keeps_the_one_there(people: dict[str, User], now: datetime) -> None:
    enter(people, now)
    assert enter(people, now, "").number.for_computing() == NUMBER


@pytest.mark.parametrize("number", ["1234567", "6222abcd0000", "", "1" * 31])
def test_number_that_cannot_be_one_is_refused(
    people: dict[str, User], now: datetime, number: str
) -> None:
    with pytest.raises(Invalid, match="账号"):
        enter(people, now, number)


def test_only_finance_enters_accounts(people: dict[str, User], now: datetime) -> None:
    with pytest.raises(NotAllowed, match="只有财务"):
        enter({**people, "finance": people["gm"]}, now)


def test_file_has_what_waits_and_the_act_is_recorded(
    people: dict[str, User], month: Settlement, now: datetime
) -> None:
    enter(people, now)
    made = make_bank_file(
        settlement=month,
        rows=payments_of(month, day=date(2026, 11, 3)),
        layout=default_layout(now=now),
        reason="十月代发 6222020200112233",
        by=people["finance"],
        now=now,
    )
    assert made.decode("gb18030").splitlines()[1:] == [
        f"1,刘洋,{NUMBER},工商银行,6007.14,2026年10月提成"
    ]
    details = AuditEntry.objects.get(act="personal.export").details
    assert details == {
        "field": "bank account numbers",
        "reason": "十月代发 ************2233",
        "layout": "通用代发",
        "payments": [str(payment_of(month, "liu").pk)],
        "sum": "6007.14",
    }


@pytest.mark.parametrize("reason", ["", "  "])
def test_file_without_a_reason_is_refused(
    people: dict[str, User], month: Settlement, now: datetime, client: Client, reason: str
) -> None:
    enter(people, now)
    client.force_login(people["finance"])
    fields = {"layout": default_layout(now=now).pk, "reason": reason}
    answer = client.post("/months/2026-10/bank-file/", fields, follow=True)
    assert "请写明导出账号的理由" in answer.content.decode()
    assert not AuditEntry.objects.filter(act="personal.export").exists()


def test_layout_is_saved_from_the_form_in_its_order(
    people: dict[str, User], client: Client
) -> None:
    client.force_login(people["finance"])
    fields = {
        "name": "农行",
        "encoding": "utf-8",
        "separator": "|",
        "place_amount": "1",
        "title_amount": "交易金额",
        "place_number": "3",
        "place_holder": "2",
    }
    shown = client.post("/bank-layouts/new/", {**fields, "preview": "1"}).content.decode()
    assert "6007.14|张三|************0001" in shown
    assert client.post("/bank-layouts/new/", fields).status_code == 302
    row = BankLayout.objects.get(name="农行")
    assert [each["title"] for each in row.columns] == ["交易金额", "户名", "账号"]
    assert (row.encoding, row.separator, row.with_header) == ("utf-8", "|", False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "名称"),
        ({"columns": ()}, "至少选一列"),
        ({"columns": (("户名", "holder"),)}, "至少要有金额"),
        ({"columns": (("x", "password"),)}, "不认识"),
        ({"encoding": "latin-1"}, "编码"),
    ],
)
def test_layout_that_makes_no_file_is_refused(
    people: dict[str, User], now: datetime, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        save_layout(layout=replace(LAYOUT, **changes), by=people["finance"], now=now)  # type: ignore[arg-type]


def test_name_is_taken_once_and_the_last_layout_stays(
    people: dict[str, User], now: datetime
) -> None:
    kept = save_layout(layout=LAYOUT, by=people["finance"], now=now)
    with pytest.raises(Conflict, match="已经有叫“工行”"):
        save_layout(layout=LAYOUT, by=people["finance"], now=now)
    with pytest.raises(Conflict, match="唯一"):
        delete_layout(row=kept, by=people["finance"], now=now)

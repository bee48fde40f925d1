"""The month's page as its life goes on: what each person sees there and can do."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from haitang.kernel.kept import Kept
from incentives.calculation.services import calculate_month
from incentives.life.approval import return_month
from incentives.models import Payment, Settlement
from incentives.payments.paying import retry_payment, set_payment_state
from tests.factories.trade import make_event
from tests.incentives.life_scene import (
    NOVEMBER,
    OCTOBER,
    approved,
    make_month,
    paid,
    submitted,
)

pytestmark = pytest.mark.django_db
PAGE = "/months/2026-10/"


def text(client: Client, user: User, address: str = PAGE) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, user: User, step: str, **data: str) -> str:
    client.force_login(user)
    answer = client.post(f"{PAGE}{step}/", data, follow=True)
    return answer.content.decode()


def test_whole_way_in_the_browser_of_three_people(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=people["supervisor"], now=now)
    page = text(client, people["supervisor"])
    assert "确认提交" in page
    assert "提成池 ¥200.00，应付 7 人共 ¥160.00" in page
    assert "已提交，等总经理批准" in post(client, people["supervisor"], "submit")
    page = text(client, people["general_manager"])
    assert "确认批准 ¥200.00" in page
    done = post(client, people["general_manager"], "approve", before_deadline="on")
    assert "2026年10月已批准" in done
    assert "HT-JS-202610-1" in done
    assert "冻结" in done
    Settlement.objects.get().payments.update(state="failed")
    assert "2026年10月已发放" in post(client, people["finance"], "paid")
    assert "已关账，账本核对无误" in post(client, people["finance"], "close")
    assert Settlement.objects.get().state == "closed"


def test_calculating_is_offered_as_long_as_the_month_is_open(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    assert "重新计算</button>" not in text(client, people["supervisor"])
    return_month(month=OCTOBER, reason="补一条", by=people["general_manager"], now=now)
    page = text(client, people["supervisor"])
    assert "重新计算</button>" in page
    assert "退回：补一条" in page


def test_submitter_reads_what_still_speaks_against_it(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    calculate_month(month=OCTOBER, by=people["supervisor"], now=now)
    make_event("planner.assessment", "5", state="proposed")
    page = text(client, people["supervisor"])
    assert "有 1 条扣减待考核人确认" in page
    assert "确认提交" not in page


def test_others_see_the_line_without_buttons(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    submitted(people, now)
    page = text(client, people["copy"])
    assert "等总经理批准" in page
    assert 'id="steps"' not in page


def test_refusal_stands_on_the_page(client: Client, people: dict[str, User], now: datetime) -> None:
    calculate_month(month=OCTOBER, by=people["supervisor"], now=now)
    assert "现在是“已计算”" in post(client, people["general_manager"], "approve")
    assert "请写明退回的理由" in post(client, people["general_manager"], "return", reason="")


def test_approval_within_the_objection_days_asks_for_a_tick(
    client: Client, people: dict[str, User], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)
    make_event("planner.assessment", "5", confirmed_at=now)
    submitted(people, now)
    page = text(client, people["general_manager"])
    assert "还在异议期内：planner（到11月6日 周五）" in page
    assert "还在异议期内：请等到那天之后" in post(client, people["general_manager"], "approve")
    assert "已批准" in post(client, people["general_manager"], "approve", before_deadline="on")


def test_change_since_last_month_is_told_in_words(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    """November: uplift 1500 − 100 = 1400, pool 280; five points off the planner's 42.00."""
    later = datetime(2026, 12, 3, 10, tzinfo=now.tzinfo)
    make_month(month=NOVEMBER, margin="1500")
    approved(people, now)
    make_event("planner.assessment", "5", month="2026-11")
    submitted(people, later, NOVEMBER)
    page = text(client, people["general_manager"], "/months/2026-11/")
    assert "提成池 ¥280.00，比10月（¥200.00）多 ¥80.00（+40%）" in page
    assert "毛利增加值 ¥1,400.00，比10月多 ¥400.00；活动 1 场（上月 1 场）" in page
    assert "扣减合计 ¥2.10，上月 ¥0.00：总策划 ¥2.10（上月 ¥0.00）" in page
    assert "supervisor ¥42.00（多 ¥12.00）" in page
    assert "planner ¥39.90（多 ¥9.90）" in page
    assert "个人应付" not in text(client, people["copy"], "/months/2026-11/")


def test_page_asks_a_constant_number_of_queries(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    """However many steps the month has been through."""
    counts = []
    for _ in range(2):
        submitted(people, now)
        client.force_login(people["general_manager"])
        Kept.forget()
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))
        return_month(month=OCTOBER, reason="再看", by=people["general_manager"], now=now)
    assert counts[0] == counts[1]


def test_closing_tells_first_what_is_not_through_and_for_whom(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    settlement, finance = paid(people, now), people["finance"]
    assert "还没有付到" not in text(client, finance)
    back = {name: settlement.payments.get(payee=name) for name in ("art", "copy", "it")}
    for payment in back.values():
        set_payment_state(
            payment=payment, state=Payment.State.RETURNED, note="户名不符", by=finance, now=now
        )
    retry_payment(payment=back["copy"], by=finance, now=now)
    again = retry_payment(payment=back["it"], by=finance, now=now)
    set_payment_state(
        payment=again, state=Payment.State.FAILED, note="户名不符", by=finance, now=now
    )
    names = {name: payment.name for name, payment in back.items()}
    told = (
        f"还没有付到的：待付 1 笔（{names['copy']}）、未付成 1 笔（{names['it']}）、"
        f"已退回 1 笔（{names['art']}）。"
    )
    for who in ("finance", "general_manager"):
        assert told in text(client, people[who])
    assert "已关账" in post(client, finance, "close")


def test_closed_month_offers_nothing_more(
    client: Client, people: dict[str, User], now: datetime
) -> None:
    paid(people, now)
    assert "确认关账" in text(client, people["general_manager"])
    post(client, people["general_manager"], "close")
    assert 'id="steps"' not in text(client, people["general_manager"])


def test_lists_and_workbench_tell_how_far_a_month_is(
    people: dict[str, User], client: Client, now: datetime
) -> None:
    approved(people, now)
    client.force_login(people["general_manager"])
    listed = client.get("/months/").content.decode()
    assert "已批准" in listed
    assert "/months/2026-10/calculate/" not in listed
    assert "已批准" in client.get("/").content.decode()

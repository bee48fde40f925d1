"""The pages of the drafts: who may, what is kept, what is shown, constant numbers of queries."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from haitang.policy import drafting
from haitang.policy.models import PolicyDraft, PolicyVersion, PolicyWithdrawal
from haitang.policy.services import publish_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """The pages read the clock of the tests: 3 November 2026."""
    monkeypatch.setattr("haitang.kernel.clock.now", lambda: now)


@pytest.fixture
def draft(planner: User, now: datetime) -> PolicyDraft:
    return drafting.copy_version(version=None, name="新制度", by=planner, now=now)


def _change(client: Client, draft: PolicyDraft, **texts: str) -> int:
    """Post the fields; the status of the answer."""
    seen = texts.pop("seen", str(draft.revision))
    data = {"name": draft.name, "seen": seen, **texts}
    return client.post(f"/policy/drafts/{draft.pk}/edit/", data).status_code


def test_planner_copies_a_version_and_changes_it(
    client: Client, planner: User, now: datetime
) -> None:
    version = publish_policy(document={"code": "旧", "pool_rate": "0.25"}, by=None, now=now)
    client.force_login(planner)
    answer = client.post("/policy/drafts/new/", {"version": version.pk, "name": "新"})
    draft = PolicyDraft.objects.get()
    assert answer["Location"] == f"/policy/drafts/{draft.pk}/edit/"
    form = client.get(answer["Location"]).content.decode()
    assert 'name="pool_rate" value="0.25"' in form
    assert form.count('type="radio"') >= 28
    assert _change(client, draft, coefficients__copy="0.12", coefficients__art="0.08") == 302
    page = client.get(f"/policy/drafts/{draft.pk}/").content.decode()
    assert "文案编辑的系数由 0.10 改为 0.12。" in page
    assert "可以发布" in page
    against_plan = client.get(f"/policy/drafts/{draft.pk}/?with=plan").content.decode()
    assert "提取比例由 20% 改为 25%。" in against_plan


def test_fault_stands_beside_its_field_and_on_top(
    client: Client, planner: User, draft: PolicyDraft
) -> None:
    client.force_login(planner)
    assert _change(client, draft, coefficients__copy="0.12", fund__monthly="很多") == 302
    page = client.get(f"/policy/drafts/{draft.pk}/edit/").content.decode()
    assert 'value="很多"' in page
    assert "每月注资：“很多”不是数" in page
    field = page.partition('id="fault-fund__monthly"')[2].partition("</ul>")[0]
    assert "不是数" in field
    draft.refresh_from_db()
    assert _change(client, draft, fund__monthly="2000") == 302
    page = client.get(f"/policy/drafts/{draft.pk}/edit/").content.decode()
    assert "各系数之和是 1.02，多了 0.02" in page


def test_save_over_somebody_elses_loses_nothing(
    client: Client, planner: User, supervisor: User, draft: PolicyDraft
) -> None:
    client.force_login(supervisor)
    assert _change(client, draft, pool_rate="0.3") == 302
    client.force_login(planner)
    data = {"name": "新制度", "seen": "1", "pool_rate": "0.2", "fund__monthly": "2500"}
    answer = client.post(f"/policy/drafts/{draft.pk}/edit/", data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "刚由李督导改过" in page
    assert "提取比例由 30% 改为 20%。" in page
    assert 'name="fund__monthly" value="2500"' in page
    assert 'name="seen" value="2"' in page
    assert _change(client, draft, seen="2", fund__monthly="2500") == 302
    draft.refresh_from_db()
    assert (draft.document["pool_rate"], draft.document["fund"]["monthly"]) == ("0.3", "2500")


def test_general_manager_publishes_and_takes_back(
    client: Client, general_manager: User, draft: PolicyDraft
) -> None:
    client.force_login(general_manager)
    page = client.get(f"/policy/drafts/{draft.pk}/").content.decode()
    assert 'min="2026-12"' in page
    refused = {"seen": "1", "month": "2026-11"}
    answer = client.post(f"/policy/drafts/{draft.pk}/publish/", refused, follow=True)
    assert "2026年11月已经开始或过去" in answer.content.decode()
    answer = client.post(
        f"/policy/drafts/{draft.pk}/publish/", {"seen": "1", "month": "2026-12"}, follow=True
    )
    version = PolicyVersion.objects.get()
    assert answer.redirect_chain[-1][0] == f"/policy/versions/{version.pk}/"
    assert "已发布“新制度”，从2026年12月起生效" in answer.content.decode()
    answer = client.post(
        f"/policy/versions/{version.pk}/withdraw/", {"reason": "系数要再议"}, follow=True
    )
    page = answer.content.decode()
    assert "已撤回“新制度”" in page
    assert "撤回：系数要再议" in page
    assert PolicyWithdrawal.objects.get().by == general_manager


def test_history_tells_field_by_field(client: Client, planner: User, draft: PolicyDraft) -> None:
    client.force_login(planner)
    _change(client, draft, coefficients__copy="0.12", coefficients__art="0.08")
    for address in ("/policy/history/", f"/policy/history/?draft={draft.pk}"):
        page = client.get(address).content.decode()
        row = page.partition("文案编辑的系数")[2].partition("</tr>")[0]
        assert "0.10" in row
        assert "0.12" in row
        assert "照着“运营方案原文”起草" in page


def test_draft_that_was_put_away_stays_to_be_seen(
    client: Client, planner: User, draft: PolicyDraft
) -> None:
    client.force_login(planner)
    client.post(f"/policy/drafts/{draft.pk}/discard/", {"seen": "1"})
    draft.refresh_from_db()
    assert draft.state == "discarded"
    assert client.get(f"/policy/drafts/{draft.pk}/edit/").status_code == 409
    assert "作废" in client.get("/policy/drafts/").content.decode()


def test_only_those_who_prepare_decide_or_pay_see_drafts(
    client: Client, copy: User, finance: User, general_manager: User, draft: PolicyDraft
) -> None:
    page = f"/policy/drafts/{draft.pk}/"
    client.force_login(copy)
    assert client.get(page).status_code == client.get("/policy/drafts/").status_code == 403
    assert client.get("/policy/history/").status_code == 403
    assert "草稿" not in client.get("/policy/").content.decode()
    client.force_login(finance)
    assert client.get(page).status_code == 200
    assert client.get(f"{page}edit/").status_code == 403
    assert client.post(f"{page}publish/", {"seen": "1", "month": "2026-12"}).status_code == 403
    client.force_login(general_manager)
    assert client.post(f"{page}discard/", {"seen": "1"}).status_code == 403
    assert client.get("/policy/drafts/999/").status_code == 404
    assert client.get(f"{page}?with=999").status_code == 404
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
def test_pages_ask_a_constant_number_of_queries(
    number: int,
    client: Client,
    planner: User,
    general_manager: User,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        done = drafting.copy_version(version=None, name=f"旧{index}", by=planner, now=now)
        month = drafting.first_month_to_publish(now).plus(index)
        version = drafting.publish_draft(
            draft=done, seen=1, month=month, by=general_manager, now=now
        )
        drafting.copy_version(version=version, name=f"新{index}", by=planner, now=now)
    last = PolicyDraft.objects.filter(state="open").latest("pk")
    client.force_login(planner)
    client.get("/policy/")
    with django_assert_num_queries(7):  # session, person, standing; open, done, count; in force
        client.get("/policy/drafts/")
    with django_assert_num_queries(6):  # session, person, standing; count, entries; draft
        client.get(f"/policy/history/?draft={last.pk}")
    with django_assert_num_queries(5):  # session, person, standing; draft, versions
        client.get(f"/policy/drafts/{last.pk}/")
    with django_assert_num_queries(6):  # session, person, standing; version, before, versions
        client.get(f"/policy/versions/{last.based_on_id}/")

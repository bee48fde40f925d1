"""One's own WeChat: bound once, then good for logging in; a state serves once and only here."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from haitang.kernel.models import AuditEntry
from haitang.wechat.models import Account, StaffBinding
from tests.factories.people import make_user
from tests.wechat.gateway.far_end import Asked, FarEnd

pytestmark = pytest.mark.django_db
BACK = "wechat-oauth-back"


@pytest.fixture(autouse=True)
def _codes(far_end: FarEnd, account: Account) -> None:
    """CODE-x is the WeChat of x, each once (网页授权·换取 access_token)."""
    used: set[str] = set()

    def exchange(asked: Asked) -> object:
        code = asked.query["code"]
        if code in used:
            return {"errcode": 40163, "errmsg": "code been used"}
        used.add(code)
        return {"access_token": "A", "openid": code.removeprefix("CODE-"), "scope": "snsapi_base"}

    far_end.answers["/sns/oauth2/access_token"] = exchange


def state_of(client: Client, address: str) -> str:
    """Set out; the state that travels with the browser."""
    answer = client.get(address)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["redirect_uri"] == ["http://testserver/wechat/back/"]
    return query["state"][0]


def come_back(client: Client, state: str, code: str) -> str:
    """Where the browser is sent when it comes back."""
    return str(client.get(reverse(BACK), {"state": state, "code": code})["Location"])


def bound(client: Client, user: User, openid: str) -> None:
    client.force_login(user)
    state = state_of(client, reverse("wechat-bind"))
    assert come_back(client, state, f"CODE-{openid}") == reverse("wechat-mine")


def said(client: Client) -> str:
    return client.get("/login/").content.decode()


def test_bound_wechat_opens_the_account(client: Client) -> None:
    user = make_user()
    bound(client, user, "oA")
    assert StaffBinding.objects.get().user == user
    assert AuditEntry.objects.filter(act="bind_wechat").count() == 1
    browser = Client()
    state = state_of(browser, reverse("wechat-log-in") + "?next=/articles/")
    assert come_back(browser, state, "CODE-oA-") == reverse("login")
    assert "还没有绑定账号" in said(browser)
    state = state_of(browser, reverse("wechat-log-in") + "?next=/articles/")
    StaffBinding.objects.update(openid="oB")
    assert come_back(browser, state, "CODE-oB") == "/articles/"
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert StaffBinding.objects.get().last_used_at


@pytest.mark.parametrize("outside", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_way_on_never_leads_outside(client: Client, outside: str) -> None:
    bound(client, make_user(), "oA")
    browser = Client()
    state = state_of(browser, reverse("wechat-log-in") + f"?next={outside}")
    StaffBinding.objects.update(openid="oB")
    assert come_back(browser, state, "CODE-oB") == "/"


def test_state_serves_once_in_its_browser_and_for_ten_minutes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(client, make_user(), "oA")
    state = state_of(Client(), reverse("wechat-log-in"))
    browser = Client()
    assert come_back(browser, state, "CODE-x") == reverse("login")
    assert "不是从这个浏览器发起的" in said(browser)
    own = state_of(browser, reverse("wechat-log-in"))
    come_back(browser, own, "CODE-y")
    assert come_back(browser, own, "CODE-z") == reverse("login")
    session = browser.session
    session["wechat_oauth"] = {"state": "S", "purpose": "log_in", "next": "/", "until": 1.0}
    session.save()
    assert come_back(browser, "S", "CODE-w") == reverse("login")
    assert "超过了 10 分钟" in said(browser)


def test_consent_that_was_not_given_is_a_sentence(client: Client, far_end: FarEnd) -> None:
    state = state_of(client, reverse("wechat-log-in"))
    assert client.get(reverse(BACK), {"state": state}).status_code == 302
    assert "没有同意微信授权" in said(client)
    assert not far_end.calls("/sns/oauth2/access_token")


def test_used_up_code_is_a_sentence(client: Client) -> None:
    for words in ("还没有绑定", "已经用过"):
        state = state_of(client, reverse("wechat-log-in"))
        come_back(client, state, "CODE-oA")
        assert words in said(client)


def test_wechat_of_somebody_else_is_not_bound_twice(client: Client) -> None:
    bound(client, make_user(username="a"), "oA")
    second = make_user(username="b")
    client.force_login(second)
    state = state_of(client, reverse("wechat-bind"))
    StaffBinding.objects.update(openid="oC")
    come_back(client, state, "CODE-oC")
    assert not StaffBinding.objects.filter(user=second).exists()
    assert "已经绑定了别的账号" in client.get(reverse("wechat-mine")).content.decode()


def test_closed_account_stays_closed(client: Client) -> None:
    user = make_user()
    bound(client, user, "oA")
    User.objects.filter(pk=user.pk).update(last_day="2020-01-01")
    browser = Client()
    state = state_of(browser, reverse("wechat-log-in"))
    StaffBinding.objects.update(openid="oB")
    come_back(browser, state, "CODE-oB")
    assert "已经停用" in said(browser)
    assert "_auth_user_id" not in browser.session


def test_unbound_wechat_opens_nothing(client: Client) -> None:
    bound(client, make_user(), "oA")
    client.post(reverse("wechat-unbind"))
    assert not StaffBinding.objects.exists()
    assert AuditEntry.objects.filter(act="unbind_wechat").count() == 1


def test_login_page_offers_it_within_wechat_only(client: Client) -> None:
    address = reverse("wechat-log-in")
    assert address not in said(client)
    within = client.get("/login/", headers={"User-Agent": "Mozilla MicroMessenger/8.0"})
    assert address in within.content.decode()

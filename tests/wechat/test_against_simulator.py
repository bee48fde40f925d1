"""The product's two doors and the simulated WeChat, written apart, understand each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from haitang.kernel.clock import SHANGHAI
from haitang.wechat import accounts
from haitang.wechat.capabilities import PROBES
from haitang.wechat.gateway.api.custom import News
from haitang.wechat.gateway.api.drafts import DraftArticle
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.gateway.errors import WeChatError
from haitang.wechat.models import InboundEvent
from haitang.wechat.simulator.api.notify import TEMPLATES
from haitang.wechat.simulator.pictures import snapshot
from haitang.wechat.simulator.routing import Request
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.simulator.wire import MODES, Envelope
from haitang.wechat.webhook import storing

pytestmark = pytest.mark.django_db


@pytest.fixture
def wechat(settings: Settings, client: Client) -> Iterator[Simulator]:
    """Its deliveries go to the product's view, the product's calls to its port."""

    def post(envelope: Envelope) -> tuple[int, bytes]:
        address = f"/wechat/callback/?{envelope.query}"
        answer = client.post(address, envelope.body, content_type="text/xml")
        return answer.status_code, answer.content

    with running_simulator(post=post) as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        yield running
    storing.close()


@pytest.fixture
def product(wechat: Simulator) -> WeChatClient:
    """The product's client for the simulated account, on the simulator's clock."""
    credentials = accounts.configured()
    assert credentials is not None
    return WeChatClient(
        credentials,
        accounts.current_account(),
        now=lambda: datetime.fromtimestamp(wechat.world.now(), SHANGHAI),
        pause=lambda seconds: None,
    )


@pytest.mark.parametrize("mode", MODES)
def test_webhook_takes_every_act_in_every_mode(wechat: Simulator, mode: str) -> None:
    wechat.carrier.mode = mode
    deliveries = [
        wechat.follow("孙阿姨", scene="store-001"),
        wechat.send("孙阿姨", "板蓝根有货吗？]]>"),
        wechat.send_image("孙阿姨"),
        wechat.send_voice("孙阿姨"),
        wechat.send_location("孙阿姨", latitude=23.1, longitude=113.3, label="中山路"),
        wechat.send_link("孙阿姨", title="一", description="二", url="http://x/"),
        wechat.click("孙阿姨", "HOURS"),
        wechat.scan("孙阿姨", "store-002"),
        wechat.unfollow("孙阿姨"),
    ]
    assert [each.problem for each in deliveries] == [""] * 9
    kinds = list(InboundEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        *("event.subscribe", "text", "image", "voice", "location", "link"),
        *("event.click", "event.scan", "event.unsubscribe"),
    ]


def test_webhook_stores_what_comes_twice_once(wechat: Simulator) -> None:
    first = wechat.send("林女士", "在吗？")
    again = wechat.carry(first.fields)
    assert (first.state, again.state) == ("answered", "answered")
    assert InboundEvent.objects.count() == 1


def test_webhook_passes_the_check_of_its_address(wechat: Simulator, client: Client) -> None:
    def get(query: str) -> tuple[int, bytes]:
        answer = client.get(f"/wechat/callback/?{query}")
        return answer.status_code, answer.content

    wechat.carrier.get = get  # type: ignore[method-assign]
    assert wechat.check_address()


def test_followers_tags_and_codes(wechat: Simulator, product: WeChatClient) -> None:
    ling = wechat.follower("林女士")
    assert product.followers.page().openids == (ling.openid,)
    tag = product.tags.create("慢病")
    product.tags.give(tag.id, [ling.openid])
    product.followers.set_remark(ling.openid, "高血压")
    [info] = product.followers.infos([ling.openid])
    assert (info.openid, info.remark, tuple(info.tag_ids)) == (ling.openid, "高血压", (tag.id,))
    assert product.tags.of(ling.openid) == (tag.id,)
    assert product.tags.page(tag.id).openids == (ling.openid,)
    product.tags.take(tag.id, [ling.openid])
    product.tags.rename(tag.id, "慢病会员")
    assert "慢病会员" in [each.name for each in product.tags.list()]
    product.tags.delete(tag.id)
    code = product.qr.permanent("store-001")
    assert product.qr.png(code.ticket).startswith(b"\x89PNG")
    product.qr.temporary("sale", 600)
    assert {each.scene_str for each in wechat.world.scenes.values()} == {"store-001", "sale"}


def test_messages_reach_the_phone(wechat: Simulator, product: WeChatClient) -> None:
    ling = wechat.follower("林女士")
    with pytest.raises(WeChatError) as refused:
        product.custom.send_text(ling.openid, "您好")
    assert refused.value.errcode == 45015
    wechat.send(ling, "在吗？")
    picture = product.media.upload_temporary("image", snapshot(1), "a.png")
    product.custom.typing(ling.openid)
    product.custom.send_text(ling.openid, "有货")
    product.custom.send_image(ling.openid, picture)
    product.custom.send_news(ling.openid, News("会员日", "周六", "http://x/", "http://x/p.png"))
    shown = [(line.by, line.kind) for line in ling.chat[1:]]
    assert shown == [("account", "text"), ("account", "image"), ("account", "news")]
    assert ling.chat[1].body == {"content": "有货"}
    wechat.subscribe_template(ling, TEMPLATES[0]["priTmplId"])
    template = product.notify.templates()[0]
    words = {"thing1": "会员日", "time2": "九点", "thing3": "全部"}
    product.notify.send(ling.openid, template["priTmplId"], words)
    assert ling.chat[-1].kind == "notification"
    content = os.urandom(900)
    kept = product.media.upload_temporary("image", content, "b.png")
    assert product.media.download(kept) == content


def test_articles_from_the_draft_to_their_readers(wechat: Simulator, product: WeChatClient) -> None:
    cover = product.media.upload_permanent("image", snapshot(2), "cover.png").media_id
    inside = product.media.upload_image(snapshot(3), "inside.png")
    article = DraftArticle("会员日", f'<p>周六</p><img src="{inside}">', cover)
    draft = product.drafts.add([article])
    product.drafts.update(draft, DraftArticle("会员日到了", article.content, cover))
    assert product.drafts.get(draft)[0]["title"] == "会员日到了"
    assert product.drafts.count() == 1
    sent = product.publish.submit(draft)
    wechat.advance(2)
    assert product.publish.get(sent.publish_id).status == 0
    assert product.publish.page().total == 1
    event = InboundEvent.objects.get()
    assert event.kind == "event.publishjobfinish"
    wechat.advance(8 * 86400)
    published = (wechat.world.local() - timedelta(8)).date()
    new = product.datacube.articles(published, family="new")
    old = product.datacube.articles(published, family="old")
    assert new.articles[0].msgid == old.articles[0].msgid == f"{sent.msg_data_id}_1"
    last = {family: lives.articles[6].readers for family, lives in (("new", new), ("old", old))}
    assert last["new"] == last["old"] > new.articles[0].readers


def test_mass_send_is_told_and_not_doubled(wechat: Simulator, product: WeChatClient) -> None:
    wechat.follower("林女士")
    first = product.mass.send("text", "周六见", clientmsgid="october-1")
    again = product.mass.send("text", "周六见", clientmsgid="october-1")
    assert first.msg_id == again.msg_id
    wechat.advance(2)
    assert product.mass.status(first.msg_id) == "SEND_SUCCESS"
    assert InboundEvent.objects.get().kind == "event.masssendjobfinish"


def test_menu_and_web_authorisation(wechat: Simulator, product: WeChatClient) -> None:
    buttons = [{"type": "click", "name": "营业时间", "key": "HOURS"}]
    product.menu.create(buttons)
    assert product.menu.get()[0]["key"] == "HOURS"
    product.menu.delete()
    address = urlsplit(product.oauth.url("http://127.0.0.1:8000/h5/", "s1"))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    page = wechat.answer(Request("GET", address.path, asked))
    assert page is not None
    assert (page.status, f"{address.scheme}://{address.netloc}") == (200, wechat.base_url)
    ling = wechat.follower("林女士")
    form = f"redirect_uri=http://127.0.0.1:8000/h5/&state=s1&openid={ling.openid}&agree=1"
    back = wechat.answer(Request("POST", "/connect/oauth2/agree", {}, form.encode()))
    assert back is not None
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    assert product.oauth.exchange(code) == ling.openid


def test_abilities_are_found_by_asking(wechat: Simulator, product: WeChatClient) -> None:
    now = datetime.fromtimestamp(wechat.world.now(), SHANGHAI)
    wechat.fault("unauthorized", path="/cgi-bin/freepublish")
    codes = {}
    for probe in PROBES:
        try:
            probe.ask(product, now)
        except WeChatError as error:
            codes[probe.name] = error.errcode
    assert codes["publish"] == 48001
    assert 40066 not in codes.values()
    assert list(codes.values()).count(48001) == 1


def test_permanently_bad_token_costs_two_token_requests(
    wechat: Simulator, product: WeChatClient
) -> None:
    wechat.fault("token")
    with pytest.raises(WeChatError) as refused:
        product.followers.page()
    assert refused.value.errcode == 40001
    assert len(wechat.calls_to("/cgi-bin/stable_token")) <= 2
    assert len(wechat.calls_to("/cgi-bin/user/get")) == 2

"""What the account may do, found by asking with harmless calls (48001 is a no).

公众号 and 服务号, verified and not, differ in what they may; nothing tells it but the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from haitang.wechat.gateway import WeChatClient, WeChatError
from haitang.wechat.gateway.sentences import TOKEN_CODES
from haitang.wechat.models import Account
from haitang.wechat.statistics.spans import newest_day

# The account is not entitled to it, or WeChat took it away.
REFUSED = frozenset({48001, 48003, 48004, 50002})
# These say nothing about the interface: the account itself cannot be asked.
UNASKABLE = TOKEN_CODES | {-1, 40013, 40125, 40164, 45009, 45011}
NOBODY = "oAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class Probe:
    """An ability: its name, what people call it, what to do without it, and the question."""

    name: str
    title: str
    instead: str
    ask: Callable[[WeChatClient, datetime], object]


PROBES: tuple[Probe, ...] = (
    Probe(
        "followers",
        "读取粉丝",
        "粉丝要在公众号后台查看。",
        lambda client, now: client.call("get", "/cgi-bin/user/get"),
    ),
    Probe("tags", "标签", "标签要在公众号后台管理。", lambda client, now: client.tags.list()),
    Probe(
        "custom",
        "客服消息（回复留言）",
        "留言要在公众号后台回复。",
        lambda client, now: client.custom.typing(NOBODY),
    ),
    Probe(
        "qr",
        "带参数二维码",
        "门店二维码不能区分来源，用公众号的普通二维码。",
        lambda client, now: client.qr.temporary("probe", 60),
    ),
    Probe("menu", "自定义菜单", "菜单要在公众号后台编辑。", lambda client, now: client.menu.get()),
    Probe("draft", "草稿", "草稿要在公众号后台编辑。", lambda client, now: client.drafts.count()),
    Probe(
        "publish",
        "发布",
        "请在公众号后台发布，再回来登记网址和日期。",
        lambda client, now: client.publish.page(0, 1),
    ),
    Probe(
        "mass",
        "群发",
        "请在公众号后台群发。",
        lambda client, now: client.mass.status("1"),
    ),
    Probe(
        "notify",
        "订阅通知",
        "通知要用别的办法，例如电话。",
        lambda client, now: client.notify.templates(),
    ),
    Probe(
        "stats",
        "粉丝和消息统计",
        "统计要在公众号后台查看。",
        lambda client, now: client.datacube.users(newest_day(now), newest_day(now)),
    ),
    Probe(
        "articles_new",
        "文章统计（2025 年起的新接口）",
        "改用旧接口；旧接口也没有时，阅读量手工填。",
        lambda client, now: client.datacube.articles(newest_day(now), family="new"),
    ),
    Probe(
        "articles_old",
        "文章统计（旧接口，有阅读次数）",
        "用新接口的阅读人数；两个都没有时，阅读量手工填。",
        lambda client, now: client.datacube.articles(newest_day(now), family="old"),
    ),
    Probe(
        "oauth",
        "网页授权（员工用微信登录）",
        "员工用用户名和密码登录。",
        lambda client, now: client.oauth.exchange("probe"),
    ),
)
TITLES = {probe.name: probe.title for probe in PROBES}


def find_out(*, client: WeChatClient, now: datetime) -> Account:
    """Ask for every ability and keep the answers; what could not be asked keeps its old answer.

    Raises WeChatError when the account itself cannot be asked (token, secret, IP, no network).
    """
    account = client.account
    found = dict(account.capabilities)
    for probe in PROBES:
        has = _has(probe, client, now)
        if has is not None:
            found[probe.name] = has
    account.capabilities, account.capabilities_checked_at = found, now
    account.save(update_fields=["capabilities", "capabilities_checked_at"])
    return account


def _has(probe: Probe, client: WeChatClient, now: datetime) -> bool | None:
    """Any answer about the question itself is a yes: an unknown openid, a code that is none."""
    try:
        probe.ask(client, now)
    except WeChatError as error:
        if error.errcode in REFUSED:
            return False
        if error.errcode in UNASKABLE or error.errcode <= -100:
            if probe is PROBES[0]:
                raise
            return None
    return True

"""``{% wechat_tabs %}``: the pages of the official account that this person may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from haitang.wechat import rules

register = template.Library()
PAGES = (
    ("公众号", "wechat-account", rules.may_manage_wechat),
    ("统计", "wechat-figures", rules.may_see_figures),
    ("草稿", "wechat-drafts", rules.may_write_drafts),
    ("发布", "wechat-publications", rules.may_see_publications),
    ("群发", "wechat-mass", rules.may_see_publications),
    ("菜单", "wechat-menu", rules.may_manage_wechat),
    ("收到的消息", "wechat-events", rules.may_see_events),
)


@dataclass(frozen=True)
class Tab:
    """One of the pages."""

    name: str
    url: str
    current: bool


@register.inclusion_tag("wechat/tabs.html", takes_context=True)
def wechat_tabs(context: Any) -> dict[str, list[Tab]]:
    """The tabs in their order."""
    request = context["request"]
    shown = [(name, reverse(view)) for name, view, allowed in PAGES if allowed(request.user)]
    return {"wechat_tabs": [Tab(name, url, request.path == url) for name, url in shown]}

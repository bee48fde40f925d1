"""``{% account_tabs "inbox" %}``: the parts of the account's work that this person may open."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from haitang.wechat.rules import may_see_events, may_see_figures
from membership import rules

register = template.Library()

_TABS = (
    ("inbox", "留言", rules.may_read_inbox),
    ("complaints", "投诉", rules.may_file_complaints),
    ("replies", "自动回复", rules.may_see_replies),
    ("followers", "粉丝", rules.may_see_followers),
    ("scenes", "渠道二维码", rules.may_see_scenes),
    ("customer-files", "客户档案", rules.may_see_participants),
    # Others find it beside the other pages of the account.
    ("wechat-events", "收到的消息", may_see_events & ~may_see_figures),
)


@register.inclusion_tag("membership/tabs.html", takes_context=True)
def account_tabs(context: Any, here: str) -> dict[str, Any]:
    """The tabs; ``here`` is the name of the page's address. One tab alone is none."""
    user = context["request"].user
    shown = [(reverse(view), name, view == here) for view, name, may in _TABS if may(user)]
    return {"tabs": shown if len(shown) > 1 else []}

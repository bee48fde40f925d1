"""The pages of the official account."""

from __future__ import annotations

from haitang.kernel.tabs import Page, declare
from haitang.wechat import rules

declare(
    "wechat",
    (
        Page("公众号", "wechat-account", rules.may_manage_wechat),
        Page("统计", "wechat-figures", rules.may_see_figures),
        Page("草稿", "wechat-drafts", rules.may_write_drafts),
        Page("发布", "wechat-publications", rules.may_see_publications),
        Page("群发", "wechat-mass", rules.may_see_publications),
        Page("菜单", "wechat-menu", rules.may_manage_wechat),
        Page("收到的消息", "wechat-events", rules.may_see_events),
    ),
)

"""The pages of the work with followers and customers."""

from __future__ import annotations

from haitang.kernel.tabs import Page, declare
from haitang.wechat.rules import may_see_events, may_see_figures
from membership import rules

declare(
    "followers",
    (
        Page("留言", "inbox", rules.may_read_inbox),
        Page("投诉", "complaints", rules.may_file_complaints),
        Page("自动回复", "replies", rules.may_see_replies),
        Page("粉丝", "followers", rules.may_see_followers),
        Page("渠道二维码", "scenes", rules.may_see_scenes),
        Page("客户档案", "customer-files", rules.may_see_participants),
        # Others find it beside the other pages of the account.
        Page("收到的消息", "wechat-events", may_see_events & ~may_see_figures),
    ),
)

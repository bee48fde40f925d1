"""订阅通知: one send a one-time subscription. Every call may raise WeChatError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haitang.wechat.gateway.api.base import Group


class Notify(Group):
    """Subscription notifications (bizsend) and their templates."""

    def send(
        self, openid: str, template_id: str, data: Mapping[str, str], *, page: str = ""
    ) -> None:
        """``data``: the template's words → text; ``page``: where a tap leads, on a joined domain.

        43101 when the follower has no subscription left.
        """
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {name: {"value": text} for name, text in data.items()},
        }
        if page:
            body["page"] = page
        self._post("/cgi-bin/message/subscribe/bizsend", body)

    def templates(self) -> list[dict[str, Any]]:
        """The account's templates: priTmplId, title, content, example, type."""
        answer = self._get("/wxaapi/newtmpl/gettemplate")
        return list(answer.get("data") or ())

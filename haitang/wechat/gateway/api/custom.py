"""客服消息: messages to one follower within the window. Every call may raise WeChatError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haitang.wechat.gateway.api.base import Group


@dataclass(frozen=True)
class News:
    """One linked article of a custom message."""

    title: str
    description: str
    url: str
    picture_url: str = ""


class Custom(Group):
    """Sends to one openid. Whether the window is open is the caller's to know beforehand."""

    def send_text(self, openid: str, text: str) -> None:
        """A text of at most 2,048 bytes."""
        self._send(openid, "text", {"content": text})

    def send_image(self, openid: str, media_id: str) -> None:
        """An image uploaded before (temporary or permanent)."""
        self._send(openid, "image", {"media_id": media_id})

    def send_voice(self, openid: str, media_id: str) -> None:
        """A voice uploaded before."""
        self._send(openid, "voice", {"media_id": media_id})

    def send_news(self, openid: str, article: News) -> None:
        """One linked article; WeChat takes exactly one."""
        one = {
            "title": article.title,
            "description": article.description,
            "url": article.url,
            "picurl": article.picture_url,
        }
        self._send(openid, "news", {"articles": [one]})

    def send_article(self, openid: str, article_id: str) -> None:
        """A published article by its article_id."""
        self._send(openid, "mpnewsarticle", {"article_id": article_id})

    def typing(self, openid: str, *, on: bool = True) -> None:
        """Show or hide “对方正在输入”; WeChat wants contact within the last 30 seconds."""
        command = "Typing" if on else "CancelTyping"
        self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    def _send(self, openid: str, kind: str, content: dict[str, Any]) -> None:
        body = {"touser": openid, "msgtype": kind, kind: content}
        self._post("/cgi-bin/message/custom/send", body)

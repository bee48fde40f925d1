"""群发. Every call may raise WeChatError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from haitang.kernel.errors import Invalid
from haitang.wechat.gateway.api.base import Group
from haitang.wechat.gateway.errors import WeChatError

CLIENT_ID_BYTES = 64
SENT_BEFORE = 45065


@dataclass(frozen=True)
class MassSent:
    """Accepted: the end comes by MASSSENDJOBFINISH or by ``Mass.status``."""

    msg_id: str
    msg_data_id: str = ""


class Mass(Group):
    """To all followers, or to those with a tag; the same ``clientmsgid`` is sent once."""

    def send(
        self,
        kind: str,
        content: str,
        *,
        clientmsgid: str,
        tag_id: int | None = None,
        send_reprint: bool = False,
    ) -> MassSent:
        """``kind`` mpnews (content: a draft's media_id), text, image or voice.

        A ``clientmsgid`` that WeChat has met within 24 hours sends nothing and gives back the
        first sending (45065). Raises Invalid for one that is empty or over 64 bytes.
        """
        if not 1 <= len(clientmsgid.encode()) <= CLIENT_ID_BYTES:
            raise Invalid("群发的防重编号要有 1 到 64 个字节：这是程序的问题，请联系管理员。")
        name = "content" if kind == "text" else "media_id"
        to_whom: dict[str, Any] = {"is_to_all": tag_id is None}
        if tag_id is not None:
            to_whom["tag_id"] = tag_id
        body: dict[str, Any] = {"filter": to_whom, kind: {name: content}, "msgtype": kind}
        if kind == "mpnews":
            body["send_ignore_reprint"] = int(send_reprint)
        body["clientmsgid"] = clientmsgid
        answer = self._post("/cgi-bin/message/mass/sendall", body, ok=(SENT_BEFORE,))
        if answer.get("errcode") == SENT_BEFORE and not answer.get("msg_id"):
            raise WeChatError(SENT_BEFORE, path="/cgi-bin/message/mass/sendall")
        return MassSent(str(answer["msg_id"]), str(answer.get("msg_data_id") or ""))

    def preview(self, openid: str, kind: str, content: str) -> None:
        """Send it to one follower to look at (100 a day)."""
        name = "content" if kind == "text" else "media_id"
        body = {"touser": openid, kind: {name: content}, "msgtype": kind}
        self._post("/cgi-bin/message/mass/preview", body)

    def status(self, msg_id: str) -> str:
        """WeChat's word: SEND_SUCCESS, SENDING, SEND_FAIL or DELETE."""
        answer = self._post("/cgi-bin/message/mass/get", {"msg_id": msg_id})
        return str(answer.get("msg_status", ""))

    def delete(self, msg_id: str, *, article: int = 0) -> None:
        """Delete a sent article (0: all of them) within half an hour; the readers keep theirs."""
        self._post("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": article})

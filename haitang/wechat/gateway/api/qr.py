"""带参数二维码. Every call may raise WeChatError; scenes that cannot be raise Invalid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from haitang.kernel.errors import Invalid
from haitang.wechat.gateway.api.base import Group

LONGEST_SECONDS, SHORTEST_SECONDS = 2_592_000, 60
MOST_SCENE_ID, MOST_SCENE_LETTERS = 100_000, 64


@dataclass(frozen=True)
class QrTicket:
    """A code made by WeChat: ``url`` is what the picture says; ``seconds`` None is for ever."""

    ticket: str
    url: str
    seconds: int | None = None


class Qr(Group):
    """Codes with a scene: temporary (at most 30 days) and permanent (at most 100,000)."""

    def temporary(self, scene: str | int, seconds: int = LONGEST_SECONDS) -> QrTicket:
        """A code for at most 2,592,000 seconds."""
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            raise Invalid("临时二维码的有效期要在 60 秒到 30 天之间：请改有效期。")
        return self._create("QR", scene, {"expire_seconds": seconds})

    def permanent(self, scene: str | int) -> QrTicket:
        """A code for ever; an account has at most 100,000 of them."""
        return self._create("QR_LIMIT", scene, {})

    def png(self, ticket: str) -> bytes:
        """The picture of a code (WeChat sends JPEG or PNG)."""
        path = f"/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"
        return self._client.download(path, host="mp", with_token=False)

    def _create(self, action: str, scene: str | int, more: dict[str, Any]) -> QrTicket:
        inner: dict[str, Any]
        if isinstance(scene, int):
            if not 1 <= scene <= MOST_SCENE_ID:
                raise Invalid(f"场景编号要在 1 到 {MOST_SCENE_ID} 之间：请换一个。")
            name, inner = f"{action}_SCENE", {"scene_id": scene}
        else:
            if not 1 <= len(scene) <= MOST_SCENE_LETTERS:
                raise Invalid(f"场景名要写 1 到 {MOST_SCENE_LETTERS} 个字符：请改短。")
            name, inner = f"{action}_STR_SCENE", {"scene_str": scene}
        body = {**more, "action_name": name, "action_info": {"scene": inner}}
        answer = self._post("/cgi-bin/qrcode/create", body)
        seconds = answer.get("expire_seconds")
        is_temporary = "expire_seconds" in more
        return QrTicket(
            ticket=str(answer["ticket"]),
            url=str(answer["url"]),
            seconds=int(seconds or more["expire_seconds"]) if is_temporary else None,
        )

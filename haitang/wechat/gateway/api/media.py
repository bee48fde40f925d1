"""素材. Every call may raise WeChatError."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from haitang.wechat.gateway.api.base import Group


@dataclass(frozen=True)
class Material:
    """A permanent material: images come with a URL of WeChat's."""

    media_id: str
    url: str = ""


class Media(Group):
    """Pictures in articles, covers, and what followers sent."""

    def upload_image(self, content: bytes, name: str) -> str:
        """A picture within an article (JPG or PNG under 1 MB); its URL at WeChat."""
        answer = self._post("/cgi-bin/media/uploadimg", files={"media": (name, content)})
        return str(answer["url"])

    def upload_permanent(self, kind: str, content: bytes, name: str) -> Material:
        """A permanent material: image, thumb or voice."""
        answer = self._post(
            "/cgi-bin/material/add_material",
            params={"type": kind},
            files={"media": (name, content)},
        )
        return Material(str(answer["media_id"]), str(answer.get("url") or ""))

    def upload_temporary(self, kind: str, content: bytes, name: str) -> str:
        """A material for three days; its media_id."""
        answer = self._post(
            "/cgi-bin/media/upload", params={"type": kind}, files={"media": (name, content)}
        )
        return str(answer.get("media_id") or answer["thumb_media_id"])

    def download(self, media_id: str) -> bytes:
        """A temporary material, such as a picture that a follower sent (kept three days)."""
        return self._client.download(f"/cgi-bin/media/get?media_id={quote(media_id, safe='')}")

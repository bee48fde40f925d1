"""What every group of calls shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haitang.wechat.gateway.client import WeChatClient


class Group:
    """Calls of one kind, made through one client."""

    def __init__(self, client: WeChatClient) -> None:
        self._client = client

    def _post(self, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        return self._client.call("post", path, body=body or {}, **options)

    def _get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        return self._client.call("get", path, params=params, **options)

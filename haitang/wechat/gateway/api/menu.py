"""自定义菜单. Every call may raise WeChatError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haitang.wechat.gateway.api.base import Group


class Menu(Group):
    """The menu as WeChat keeps it; followers see a change within five minutes or on next entry."""

    def create(self, buttons: Sequence[dict[str, Any]]) -> None:
        """Replace the menu (at most 3 buttons with 5 below each: ``menus.check``)."""
        self._post("/cgi-bin/menu/create", {"button": [*buttons]})

    def get(self) -> list[dict[str, Any]]:
        """The buttons made through the interface; an empty list when there is no menu."""
        answer = self._get("/cgi-bin/menu/get", ok=(46003,))
        return list((answer.get("menu") or {}).get("button") or ())

    def current(self) -> dict[str, Any]:
        """The menu that is live, also one made by hand: ``is_menu_open`` and ``selfmenu_info``."""
        answer = self._get("/cgi-bin/get_current_selfmenu_info")
        return dict(answer)

    def delete(self) -> None:
        """Remove the menu."""
        self._get("/cgi-bin/menu/delete")

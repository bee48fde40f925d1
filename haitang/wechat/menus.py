"""The account's menu: checked, saved as a version, pushed, and what WeChat says is live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from haitang.kernel import audit, leases
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat.accounts import current_account
from haitang.wechat.gateway import WeChatClient, WeChatError
from haitang.wechat.models import MenuVersion

STREAM = "wechat"
# 创建自定义菜单: three buttons, five below each; bytes of names, keys and addresses.
BUTTONS, BELOW = 3, 5
NAME_BYTES, BELOW_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
# What a button does → the field that says with what, and its name for people.
KINDS = {
    "view": ("url", "打开网页"),
    "click": ("key", "点击回复"),
    "article_id": ("article_id", "发一篇已发布的文章"),
    "media_id": ("media_id", "发一个素材"),
    "scancode_waitmsg": ("key", "扫码（提示“消息接收中”）"),
    "location_select": ("key", "选择位置"),
}

Button = dict[str, Any]


def faults_of(buttons: Sequence[Button]) -> list[str]:
    """Why WeChat would not take this menu, as sentences; empty when it would. Pure."""
    if not buttons:
        return ["菜单是空的：至少要有一个按钮。"]
    faults: list[str] = []
    if len(buttons) > BUTTONS:
        faults.append(f"一级按钮最多 {BUTTONS} 个，这里有 {len(buttons)} 个。")
    for number, button in enumerate(buttons, 1):
        where = f"第 {number} 个按钮"
        faults += _name_faults(button, NAME_BYTES, where)
        below = button.get("sub_button") or []
        if len(below) > BELOW:
            faults.append(f"{where}下面最多 {BELOW} 个，这里有 {len(below)} 个。")
        for each, inner in enumerate(below, 1):
            inside = f"{where}下面的第 {each} 个"
            faults += _name_faults(inner, BELOW_NAME_BYTES, inside)
            faults += _action_faults(inner, inside)
        if not below:
            faults += _action_faults(button, where)
    return faults


def save_menu(*, buttons: Sequence[Button], by: User, now: datetime) -> MenuVersion:
    """Keep a menu as a version; nothing is pushed. Raises Invalid with what is wrong."""
    faults = faults_of(buttons)
    if faults:
        raise Invalid("菜单还不能保存：请按下面的说明改好。", details=faults)
    account = current_account(now)
    with transaction.atomic():
        version = MenuVersion.objects.create(
            account=account, buttons=[*buttons], by=by, created_at=now
        )
        _record("save_menu", version, by=by, now=now)
    return version


def push_menu(
    *, version: MenuVersion, client: WeChatClient, by: User, now: datetime
) -> MenuVersion:
    """Make this version WeChat's menu. Raises WeChatError; the version keeps the reason.

    One at a time, so that what is live here is what WeChat took last: else Conflict.
    """
    with leases.hold(f"wechat-menu:{version.account_id}") as is_mine:
        if not is_mine:
            raise Conflict("正有人在推送菜单：请等一分钟，刷新页面看清现用的是哪一版，再推送。")
        return _pushed(version, client=client, by=by, now=now)


def _pushed(version: MenuVersion, *, client: WeChatClient, by: User, now: datetime) -> MenuVersion:
    try:
        client.menu.create(version.buttons)
    except WeChatError as error:
        version.error = error.sentence
        version.save(update_fields=["error"])
        raise
    with transaction.atomic():
        MenuVersion.objects.filter(account=version.account, is_live=True).update(is_live=False)
        version.is_live, version.pushed_at, version.error = True, now, ""
        version.save(update_fields=["is_live", "pushed_at", "error"])
        _record("push_menu", version, by=by, now=now)
    return version


def latest_menu(account_id: int) -> MenuVersion | None:
    """The version saved last."""
    return MenuVersion.objects.filter(account_id=account_id).select_related("by").first()


def lines_of(buttons: Iterable[Button]) -> list[tuple[int, str, str, str]]:
    """(level, name, what it does, with what) of each button, for a page."""
    lines: list[tuple[int, str, str, str]] = []
    for button in buttons:
        below = _below(button)
        lines.append((1, str(button.get("name", "")), *(("", "") if below else _doing(button))))
        lines += [(2, str(each.get("name", "")), *_doing(each)) for each in below]
    return lines


def live_buttons(client: WeChatClient) -> list[Button]:
    """The buttons that followers see now, also those made by hand in WeChat's back office."""
    current = client.menu.current()
    if not int(current.get("is_menu_open", 0)):
        return []
    return list((current.get("selfmenu_info") or {}).get("button") or ())


def _below(button: Button) -> list[Button]:
    """WeChat writes ``sub_button`` as a list, and as ``{"list": […]}`` when asked what is live."""
    below = button.get("sub_button") or []
    return list(below.get("list") or ()) if isinstance(below, dict) else list(below)


def _doing(button: Button) -> tuple[str, str]:
    kind = str(button.get("type", ""))
    field, words = KINDS.get(kind, ("value", kind or "—"))
    said = button.get(field) or button.get("value") or button.get("url") or button.get("key") or ""
    return words, str(said)


def _name_faults(button: Button, most: int, where: str) -> list[str]:
    size = len(str(button.get("name", "")).encode())
    if not size:
        return [f"{where}没有名称：请填写。"]
    if size > most:
        return [f"{where}的名称太长：最多 {most} 个字节（约 {most // 3} 个汉字）。"]
    return []


def _action_faults(button: Button, where: str) -> list[str]:
    kind = str(button.get("type", ""))
    if kind not in KINDS:
        return [f"{where}没有选做什么：请选一种。"]
    field, words = KINDS[kind]
    said = str(button.get(field, "")).strip()
    if not said:
        return [f"{where}（{words}）没有填内容：请填写。"]
    if kind == "view" and not said.startswith(("https://", "http://")):
        return [f"{where}的网址要写完整：以 https:// 开头。"]
    most = URL_BYTES if kind == "view" else KEY_BYTES
    if len(said.encode()) > most:
        return [f"{where}的内容太长：最多 {most} 个字节。"]
    return []


def _record(act: str, version: MenuVersion, *, by: User, now: datetime) -> None:
    audit.record(stream=STREAM, act=act, obj=version, by=by, now=now)

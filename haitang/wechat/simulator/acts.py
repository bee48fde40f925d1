"""What followers do: each act becomes a message or an event for the webhook."""

from __future__ import annotations

import secrets
from typing import Any

from haitang.wechat.simulator.api.media import keep, picture_address
from haitang.wechat.simulator.delivering import Delivering
from haitang.wechat.simulator.delivery import Delivery
from haitang.wechat.simulator.people import Follower
from haitang.wechat.simulator.pictures import snapshot
from haitang.wechat.simulator.world import Scene

Person = Follower | str
Fields = dict[str, Any]
KEPT_FOR_STATISTICS = 100_000


class NotPossible(Exception):
    """A follower cannot do this now; the text is a Chinese sentence."""


class Acts(Delivering):
    """The part of the simulator that plays followers. A person is a Follower or a name."""

    def follower(self, name: str = "林女士", *, following: bool = True) -> Follower:
        """The person of that name, made if need be; silently a follower unless told otherwise."""
        with self.world.lock:
            for each in self.world.followers.values():
                if each.name == name:
                    return each
            made = self.world.new_follower(name)
            if following:
                self._come(made, "ADD_SCENE_SEARCH")
            return made

    # --- messages (接收普通消息) --------------------------------------------------------------

    def send(self, who: Person, text: str) -> Delivery:
        """The follower writes a text. Returns the delivery with attempts and passive reply."""
        return self.message(who, "text", {"Content": text}, shown={"content": text})

    def send_image(self, who: Person, content: bytes | None = None) -> Delivery:
        """The follower sends a picture (a PNG), or an invented one."""
        content = content or snapshot(self.world.number())
        with self.world.lock:
            media = keep(self.world, "image", "photo.png", "image/png", content)
        url = picture_address(self.world, media.media_id)
        fields = {"PicUrl": url, "MediaId": media.media_id}
        return self.message(who, "image", fields, shown={"media_id": media.media_id})

    def send_voice(self, who: Person) -> Delivery:
        """The follower sends a few seconds of (empty) voice."""
        with self.world.lock:
            media = keep(self.world, "voice", "voice.amr", "audio/amr", b"#!AMR\n" + bytes(640))
        fields = {"MediaId": media.media_id, "Format": "amr", "MediaId16K": media.media_id}
        return self.message(who, "voice", fields, shown={"media_id": media.media_id})

    def send_location(
        self, who: Person, *, latitude: float, longitude: float, label: str
    ) -> Delivery:
        """The follower sends where they are: Location_X is the latitude."""
        fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
        return self.message(who, "location", fields, shown={"label": label})

    def send_link(self, who: Person, *, title: str, description: str, url: str) -> Delivery:
        """The follower sends a link."""
        fields = {"Title": title, "Description": description, "Url": url}
        return self.message(who, "link", fields, shown={"title": title, "url": url})

    def message(
        self, who: Person, kind: str, fields: Fields, *, shown: Fields | None = None
    ) -> Delivery:
        """A message of any kind: ``fields`` of its XML, ``shown`` on the phone."""
        follower = self._following(who)
        with self.world.lock:
            self.world.contact(follower, "message")
            self.world.messages.append((self.world.now(), kind, follower.openid))
            del self.world.messages[:-KEPT_FOR_STATISTICS]
            self.world.show(follower, by="follower", kind=kind, body=shown or fields)
            msg_id = 24_000_000_000_000_000 + self.world.number()
            built = self._head(follower, kind) | fields | {"MsgId": msg_id}
        return self.deliver(built)

    # --- events (接收事件推送) ----------------------------------------------------------------

    def follow(self, who: Person, *, scene: str | None = None) -> Delivery:
        """The person follows, by the search, or by the QR code of that scene."""
        follower = self._one(who, following=False)
        if follower.subscribed:
            raise NotPossible(f"{follower.name}已经关注了公众号。")
        if scene is not None:
            return self.scan(follower, scene)
        with self.world.lock:
            self._come(follower, "ADD_SCENE_SEARCH")
            self.world.contact(follower, "follow")
            self._note(follower, "关注了公众号")
        return self.event(follower, "subscribe", {"EventKey": ""})

    def unfollow(self, who: Person) -> Delivery:
        """The follower leaves; nothing may be sent to them from now on."""
        follower = self._following(who)
        with self.world.lock:
            follower.subscribed = False
            follower.contacts, follower.tags, follower.remark = [], [], ""
            self.world.comings.append((self.world.now(), "out", follower.subscribe_scene))
            self._note(follower, "取消关注")
        return self.event(follower, "unsubscribe", {"EventKey": ""})

    def scan(self, who: Person, scene: str) -> Delivery:
        """The person scans the QR code of a scene: follows by it, or, as a follower, SCAN."""
        follower = self._one(who, following=False)
        with self.world.lock:
            code = self._scene(scene)
            code.scans += 1
            key = code.scene_str or str(code.scene_id)
            self._note(follower, f"扫描了二维码 {key}")
            follows = not follower.subscribed
            if follows:
                self._come(follower, "ADD_SCENE_QR_CODE", code)
            self.world.contact(follower, "follow" if follows else "scan")
        if follows:
            return self.event(
                follower, "subscribe", {"EventKey": f"qrscene_{key}", "Ticket": code.ticket}
            )
        return self.event(follower, "SCAN", {"EventKey": key, "Ticket": code.ticket})

    def click(self, who: Person, key: str) -> Delivery:
        """The follower taps a menu button of type click."""
        return self._tap(who, "CLICK", {"EventKey": key}, f"点击菜单 {key}")

    def view(self, who: Person, url: str) -> Delivery:
        """The follower opens a menu button's page; this opens no window for messages."""
        follower = self._following(who)
        with self.world.lock:
            self._note(follower, f"打开菜单网页 {url}")
        return self.event(follower, "VIEW", {"EventKey": url, "MenuId": "424242001"})

    def press(self, who: Person, button: Fields) -> Delivery:
        """The follower taps a button of the menu that stands in ``world.menu``."""
        kind = str(button.get("type"))
        if kind == "view":
            return self.view(who, str(button["url"]))
        key = {"EventKey": str(button.get("key") or button.get("media_id") or "")}
        if kind in ("scancode_push", "scancode_waitmsg"):
            info = {"ScanType": "qrcode", "ScanResult": "6901234567892"}
            return self._tap(who, kind, key | {"ScanCodeInfo": info}, f"扫码 {button['name']}")
        if kind == "click":
            return self.click(who, key["EventKey"])
        raise NotPossible(f"模拟器里不能按“{button.get('name')}”：不会按 {kind} 类型的菜单。")

    def report_location(self, who: Person, *, latitude: float, longitude: float) -> Delivery:
        """The phone reports where it is (LOCATION), without an act of the follower."""
        fields = {"Latitude": latitude, "Longitude": longitude, "Precision": 65.0}
        return self.event(who, "LOCATION", fields)

    def subscribe_template(self, who: Person, template: str, *, accept: bool = True) -> Delivery:
        """The follower agrees to one notification of that template (subscribe_msg_popup_event)."""
        follower = self._following(who)
        with self.world.lock:
            if accept:
                follower.credits[template] = follower.credits.get(template, 0) + 1
            self._note(follower, f"{'同意' if accept else '拒绝'}接收一次通知")
        word = "accept" if accept else "reject"
        entry = {"TemplateId": template, "SubscribeStatusString": word, "PopupScene": 2}
        fields = {"SubscribeMsgPopupEvent": {"List": entry}}
        return self.event(follower, "subscribe_msg_popup_event", fields)

    def event(self, who: Person, event: str, fields: Fields | None = None) -> Delivery:
        """Any event of a person, with the fields of its XML."""
        follower = self._one(who)
        with self.world.lock:
            built = self._head(follower, "event") | {"Event": event} | (fields or {})
        return self.deliver(built)

    def _tap(self, who: Person, event: str, fields: Fields, words: str) -> Delivery:
        follower = self._following(who)
        with self.world.lock:
            self.world.contact(follower, "click")
            self._note(follower, words)
        return self.event(follower, event, fields)

    def _come(self, follower: Follower, how: str, code: Scene | None = None) -> None:
        follower.subscribed, follower.subscribe_time = True, int(self.world.now())
        follower.subscribe_scene = how
        follower.qr_scene = code.scene_id if code else 0
        follower.qr_scene_str = code.scene_str if code else ""
        self.world.comings.append((self.world.now(), "in", how))

    def _scene(self, scene: str) -> Scene:
        """The newest code of a scene; one that nobody made here is taken for a permanent one."""
        known = [
            each
            for each in self.world.scenes.values()
            if scene in (each.scene_str, each.ticket) or scene == str(each.scene_id or "")
        ]
        if not known:
            made = Scene(secrets.token_urlsafe(60), "", 0, scene, None)
            self.world.scenes[made.ticket] = made
            return made
        if known[-1].expires is not None and known[-1].expires <= self.world.now():
            raise NotPossible(f"二维码 {scene} 已过期。")
        return known[-1]

    def _head(self, follower: Follower, kind: str) -> Fields:
        return {
            "ToUserName": self.world.account.original_id,
            "FromUserName": follower.openid,
            "CreateTime": int(self.world.now()),
            "MsgType": kind,
        }

    def _note(self, follower: Follower, words: str) -> None:
        self.world.show(follower, by="system", kind="act", body={"text": words})

    def _one(self, who: Person, *, following: bool = True) -> Follower:
        return who if isinstance(who, Follower) else self.follower(who, following=following)

    def _following(self, who: Person) -> Follower:
        follower = self._one(who)
        if not follower.subscribed:
            raise NotPossible(f"{follower.name}没有关注公众号，请先关注。")
        return follower

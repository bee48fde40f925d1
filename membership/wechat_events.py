"""Which events of WeChat the membership processes; imported at start."""

from __future__ import annotations

from haitang.wechat.handlers import on_event
from membership import inbound, notifying

on_event("text", "image", "voice", "video", "shortvideo", "location", "link")(
    inbound.receive_message
)
on_event("event.subscribe")(inbound.receive_follow)
on_event("event.unsubscribe")(inbound.receive_leave)
on_event("event.scan")(inbound.receive_scan)
on_event("event.click")(inbound.receive_click)
on_event("event.scancode_push", "event.scancode_waitmsg")(inbound.receive_touch)
on_event("event.subscribe_msg_popup_event")(notifying.take_answer)
on_event("event.subscribe_msg_change_event")(notifying.take_change)

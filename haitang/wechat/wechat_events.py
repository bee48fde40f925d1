"""What WeChat reports of our own publications and mass sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from haitang.wechat import mass_sending, publishing
from haitang.wechat.handlers import Event, on_event


@on_event("event.publishjobfinish")
def keep_publication(event: Event, now: datetime) -> None:
    """PUBLISHJOBFINISH: the end of a publication."""
    part = _below(event.fields, "PublishEventInfo")
    status = _number(part.get("publish_status"))
    if status is None:
        return
    publishing.take_result(
        publish_id=part.get("publish_id", ""),
        status=status,
        article_id=part.get("article_id", ""),
        urls=_all(part, "article_url"),
        failed=[int(each) for each in _all(part, "fail_idx") if each.isdecimal()],
        at=event.occurred_at,
        now=now,
    )


@on_event("event.masssendjobfinish")
def keep_mass_send(event: Event, now: datetime) -> None:
    """MASSSENDJOBFINISH: the end of a sending (``MsgID``, not ``MsgId``)."""
    mass_sending.take_result(
        msg_id=event.fields.get("MsgID", ""),
        status=event.fields.get("Status", ""),
        sent=_number(event.fields.get("SentCount")),
        total=_number(event.fields.get("TotalCount")),
        now=now,
    )


def _below(fields: Mapping[str, str], name: str) -> dict[str, str]:
    prefix = f"{name}."
    return {
        path.removeprefix(prefix): text for path, text in fields.items() if path.startswith(prefix)
    }


def _all(fields: Mapping[str, str], leaf: str) -> list[str]:
    """The texts of all leaves of that name, in their order (``item.url``, ``item[2].url``)."""
    return [text for path, text in fields.items() if path.split(".")[-1].split("[")[0] == leaf]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None

"""The XML that goes to the webhook, and what comes back from it (接收消息、被动回复)."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from haitang.wechat.simulator.account import SimulatedAccount
from haitang.wechat.simulator.crypto import Undecipherable, decrypt, encrypt, signature

MODES = ("encrypted", "compatible", "plain")
DECLARATIONS = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试"


@dataclass(frozen=True)
class Envelope:
    """A signed request to the webhook: the query string and the XML body."""

    query: str
    body: bytes


def xml(fields: Mapping[str, Any]) -> str:
    """The fields as WeChat writes them: text in CDATA, numbers bare, lists as repeated tags."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Mapping[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            parts.append(f"<{name}>{_value(each)}</{name}>")
    return "".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _inner(value)
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"


def envelope(
    fields: Mapping[str, Any], *, account: SimulatedAccount, mode: str, at: float
) -> Envelope:
    """Sign, and encrypt unless ``mode`` is plain; each call has a nonce of its own."""
    timestamp, nonce = str(int(at)), str(secrets.randbelow(10**10))
    query = {
        "signature": signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": fields["FromUserName"],
    }
    text = xml(fields)
    if mode == "plain":
        return Envelope(urlencode(query), text.encode())
    cipher = encrypt(text, key=account.key, app_id=account.app_id)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, timestamp, nonce, cipher)
    body: dict[str, Any] = dict(fields) if mode == "compatible" else {}
    body |= {"ToUserName": fields["ToUserName"], "Encrypt": cipher}
    return Envelope(urlencode(query), xml(body).encode())


def check_query(account: SimulatedAccount, echo: str) -> str:
    """The query with which WeChat checks the address of a server (验证消息的确来自微信服务器)."""
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    signed = signature(account.token, timestamp, nonce)
    return urlencode({"signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": echo})


class Malformed(Exception):
    """An answer that WeChat would not take; the text says why."""


def passive_reply(
    body: bytes, *, account: SimulatedAccount, follower: str, mode: str
) -> dict[str, Any] | None:
    """What the webhook answered, as a tree of fields; None for ``success`` or nothing.

    Raises Malformed for what the follower would read as 该公众号暂时无法提供服务.
    """
    if body.strip() in (b"", b"success"):
        return None
    fields = parsed(body)
    if "Encrypt" in fields:
        fields = parsed(_opened(fields, account).encode())
    elif mode == "encrypted":
        raise Malformed("安全模式下的回复没有加密")
    if fields.get("ToUserName") != follower:
        raise Malformed("回复的 ToUserName 不是这位关注者")
    if fields.get("FromUserName") != account.original_id:
        raise Malformed("回复的 FromUserName 不是本公众号")
    if not fields.get("MsgType") or not fields.get("CreateTime"):
        raise Malformed("回复缺少 MsgType 或 CreateTime")
    return fields


def _opened(fields: Mapping[str, Any], account: SimulatedAccount) -> str:
    cipher = str(fields["Encrypt"])
    signed = signature(
        account.token, str(fields.get("TimeStamp")), str(fields.get("Nonce")), cipher
    )
    if not secrets.compare_digest(signed, str(fields.get("MsgSignature"))):
        raise Malformed("回复的 MsgSignature 不对")
    try:
        return decrypt(cipher, key=account.key, app_id=account.app_id)
    except Undecipherable as error:
        raise Malformed(str(error)) from error


def parsed(body: bytes) -> dict[str, Any]:
    """The XML as a tree of dicts; repeated tags become a list. Raises Malformed."""
    text = body.decode("utf-8", "replace")
    if DECLARATIONS.search(text):
        raise Malformed("XML 里有实体或文档类型声明")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (declarations are refused above)
    except ElementTree.ParseError as error:
        raise Malformed(f"不是 XML：{error}") from error
    found = _tree(root)
    if not isinstance(found, dict):
        raise Malformed("XML 里没有字段")
    return found


def _tree(element: ElementTree.Element) -> dict[str, Any] | str:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _tree(child)
        if child.tag in found:
            earlier = found[child.tag]
            found[child.tag] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            found[child.tag] = value
    return found

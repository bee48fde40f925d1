"""WeChat's side of the webhook: messages as its documents show them, signed and encrypted.

The forms are those of 公众号文档 › 接收普通消息, 接收事件推送 and 消息加解密说明; the encryption is
wechatpy's, which is not the product's own.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from wechatpy.crypto import PrpCrypto
from wechatpy.utils import WeChatSigner

APP_ID = "wx5823bf96d3bd56c7"
TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT_ID = "gh_7f083739789a"
PATH = "/wechat/callback/"


@dataclass(frozen=True)
class Sent:
    """A request: the query and the body."""

    query: dict[str, str]
    body: bytes

    @property
    def url(self) -> str:
        return f"{PATH}?{urlencode(self.query)}"


def text_message(
    content: str = "你好", *, openid: str = "oFollower01", number: int = 1, at: int | None = None
) -> str:
    """A text message; ``number`` is its MsgId, ``at`` its CreateTime."""
    return _xml(
        openid,
        at,
        "text",
        f"<Content><![CDATA[{content}]]></Content><MsgId>{6_000_000_000_000 + number}</MsgId>",
    )


def event(
    name: str, *, key: str = "", openid: str = "oFollower01", at: int | None = None, more: str = ""
) -> str:
    """An event push."""
    inner = f"<Event><![CDATA[{name}]]></Event><EventKey><![CDATA[{key}]]></EventKey>{more}"
    return _xml(openid, at, "event", inner)


def _xml(openid: str, at: int | None, kind: str, inner: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT_ID}]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time()) if at is None else at}</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>"
    )


def signed(*parts: str) -> str:
    """WeChat's signature over these parts."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def plain(
    xml: str, *, token: str = TOKEN, at: int | None = None, nonce: str = "1320562132"
) -> Sent:
    """In plain mode."""
    timestamp = str(int(time.time()) if at is None else at)
    query = {
        "signature": signed(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": "oFollower01",
    }
    return Sent(query, xml.encode())


def encrypted(
    xml: str,
    *,
    key: str = AES_KEY,
    app_id: str = APP_ID,
    token: str = TOKEN,
    at: int | None = None,
    nonce: str = "1320562132",
    beside: str = "",
    to: str = ACCOUNT_ID,
) -> Sent:
    """In encrypted mode; with the plain elements ``beside`` in compatible mode."""
    query = plain(xml, token=token, at=at, nonce=nonce).query
    cipher = PrpCrypto(base64.b64decode(key + "="))
    sealed = cipher.encrypt(xml, app_id).decode()
    signature = signed(token, query["timestamp"], nonce, sealed)
    body = (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>{beside}"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    )
    return Sent(query | {"encrypt_type": "aes", "msg_signature": signature}, body.encode())

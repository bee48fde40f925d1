"""From a request to what is stored: signature, time, mode, decryption, key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from haitang.wechat.accounts import Credentials
from haitang.wechat.webhook.crypto import decrypt
from haitang.wechat.webhook.errors import Forged, Malformed, NotReady
from haitang.wechat.webhook.keying import key_of, kind_of
from haitang.wechat.webhook.parsing import leaves
from haitang.wechat.webhook.signature import is_signed

MAX_BODY = 64 * 1024
_ID_LENGTH = 64
_LATEST = 1 << 33  # the year 2242
_NOT_SIGNED = "签名不对：请核对公众平台的令牌（Token）与 WECHAT_TOKEN 是否一致。"
_NOT_OF_NOW = "时间戳与本机时间相差太多：如果是微信发来的，请核对服务器的时钟。"
_INCOMPLETE = "消息缺少收件人、发送人、种类或发送时间，或者写得不对，没有接收。"
_NOT_ENCRYPTED = "这里只接收加密的消息：请在公众平台把消息加解密方式设为安全模式。"
_NO_CIPHERTEXT = "请求说消息是加密的，其中却没有密文，没有接收。"
_NO_TOKEN = "还没有配置 WECHAT_TOKEN，不能核对签名。"  # noqa: S105
_ENVELOPE = "信封与其中的消息不是发给同一个公众号的，没有接收。"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that WeChat signed, ready to be stored."""

    key: str
    kind: str
    openid: str
    occurred_at: datetime
    received_at: datetime
    body: bytes


def echo(query: Mapping[str, str], *, credentials: Credentials, now: datetime) -> str:
    """The answer to WeChat's check of the address; Forged, Malformed or NotReady otherwise."""
    _check_time(query, now)
    _check_signature(query, "signature", credentials)
    return query.get("echostr", "")


def receive(
    query: Mapping[str, str], body: bytes, *, credentials: Credentials, now: datetime
) -> Incoming:
    """The message of a request, in plain, compatible or encrypted mode.

    Where there is an encrypted part it alone counts, and its own signature is checked: the
    signature of a plain message does not cover its body. Raises Forged, Malformed or NotReady.
    """
    _check_time(query, now)
    fields = leaves(body)
    sealed = fields.get("Encrypt")
    if sealed is None:
        if "msg_signature" in query:
            raise Malformed(_NO_CIPHERTEXT)
        if settings.WECHAT_ENCRYPTED_ONLY:
            raise Forged(_NOT_ENCRYPTED)
        _check_signature(query, "signature", credentials)
        return _incoming(fields, body, now)
    _check_signature(query, "msg_signature", credentials, sealed)
    message = decrypt(
        sealed,
        keys=(credentials.aes_key, credentials.previous_aes_key),
        app_id=credentials.app_id,
    )
    inner = leaves(message)
    if "ToUserName" in fields and fields["ToUserName"] != inner.get("ToUserName"):
        raise Forged(_ENVELOPE)
    return _incoming(inner, message, now)


def _check_time(query: Mapping[str, str], now: datetime) -> None:
    given = query.get("timestamp", "")
    if not (given.isascii() and given.isdigit() and len(given) <= 12):
        raise Malformed(_NOT_OF_NOW)
    if abs(now.timestamp() - int(given)) > settings.WECHAT_TIME_WINDOW:
        raise Forged(_NOT_OF_NOW)


def _check_signature(
    query: Mapping[str, str], name: str, credentials: Credentials, *further: str
) -> None:
    if not credentials.token:
        raise NotReady(_NO_TOKEN)
    parts = (credentials.token, query.get("timestamp", ""), query.get("nonce", ""), *further)
    if not is_signed(query.get(name, ""), *parts):
        raise Forged(_NOT_SIGNED)


def _incoming(fields: Mapping[str, str], body: bytes, now: datetime) -> Incoming:
    openid, kind = fields.get("FromUserName", ""), kind_of(fields)
    created = fields.get("CreateTime", "")
    is_time = created.isascii() and created.isdigit() and len(created) <= 12
    if not (1 <= len(openid) <= _ID_LENGTH and fields.get("ToUserName") and kind):
        raise Malformed(_INCOMPLETE)
    if not is_time or int(created) > _LATEST:
        raise Malformed(_INCOMPLETE)
    return Incoming(
        key=key_of(fields, kind, body),
        kind=kind,
        openid=openid,
        occurred_at=datetime.fromtimestamp(int(created), UTC),
        received_at=now,
        body=body,
    )

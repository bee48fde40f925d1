"""The one door to WeChat: wechatpy's client with our own exchange, token, quotas and log.

No call may be made inside a transaction: a far end that is slow would hold its locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import requests
from django.db import connection
from wechatpy.client import WeChatClient as WeChatPyClient

from accounts.models import User
from haitang.kernel import clock
from haitang.wechat.accounts import Credentials
from haitang.wechat.gateway import quotas
from haitang.wechat.gateway.api.custom import Custom
from haitang.wechat.gateway.api.datacube import Datacube
from haitang.wechat.gateway.api.drafts import Drafts, Publish
from haitang.wechat.gateway.api.followers import Followers, Tags
from haitang.wechat.gateway.api.mass import Mass
from haitang.wechat.gateway.api.media import Media
from haitang.wechat.gateway.api.menu import Menu
from haitang.wechat.gateway.api.notify import Notify
from haitang.wechat.gateway.api.oauth import OAuth
from haitang.wechat.gateway.api.qr import Qr
from haitang.wechat.gateway.errors import WeChatError, scrub
from haitang.wechat.gateway.sentences import BAD_ANSWER, BUSY, TOKEN_CODES
from haitang.wechat.gateway.tokens import Fetched, Tokens, fetched
from haitang.wechat.gateway.transport import Answer, exchange
from haitang.wechat.models import Account, CallLog

if TYPE_CHECKING:
    Base = object
else:
    Base = WeChatPyClient

OWN_HOST = "https://api.weixin.qq.com"
HOSTS = {"mp": "https://mp.weixin.qq.com", "open": "https://open.weixin.qq.com"}
# Seconds to wait before the second and the third try when WeChat is busy.
BUSY_PAUSES = (0.5, 2.0)


class WeChatClient(Base):
    """Calls for one account. wechatpy's own groups (``client.material`` …) use the same door."""

    def __init__(
        self,
        credentials: Credentials,
        account: Account,
        *,
        by: User | None = None,
        now: Callable[[], datetime] = clock.now,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not TYPE_CHECKING:
            super().__init__(credentials.app_id, credentials.secret, auto_retry=False)
        self.credentials, self.account, self.by = credentials, account, by
        self._now, self._pause = now, pause
        self._session = requests.Session()
        self.custom = Custom(self)
        self.followers = Followers(self)
        self.tags = Tags(self)
        self.qr = Qr(self)
        self.drafts = Drafts(self)
        self.publish = Publish(self)
        self.mass = Mass(self)
        self.menu = Menu(self)
        self.notify = Notify(self)
        self.oauth = OAuth(self)
        self.datacube = Datacube(self)
        self.media = Media(self)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        with_token: bool = True,
        ok: Collection[int] = (),
    ) -> dict[str, Any]:
        """One call, as WeChat's object. ``ok`` are error codes that are no error here.

        Counted against the quota first; on a bad token one renewal and one repetition, on −1 two
        more tries. Raises WeChatError with its sentence; RuntimeError inside a transaction.
        """
        answer = self._called(
            method, path, body=body, params=params, files=files, with_token=with_token, ok=ok
        )
        if answer.json is None:
            raise WeChatError(BAD_ANSWER, path=_api(path))
        return _Said(answer.json, path=_api(path))

    def download(self, path: str, *, host: str = "api", with_token: bool = True) -> bytes:
        """Bytes, such as a picture; an error of WeChat's in their place raises WeChatError."""
        answer = self._called("get", path, host=host, with_token=with_token)
        if answer.json is not None or not answer.content:
            raise WeChatError(BAD_ANSWER, path=_api(path))
        return answer.content

    def host(self, name: str) -> str:
        """WeChat's other hosts; all are one when ``WECHAT_API_BASE`` is another's."""
        base = self.credentials.api_base.rstrip("/")
        return HOSTS.get(name, base) if base == OWN_HOST else base

    @property
    def access_token(self) -> str:
        """The shared token; for wechatpy's own code."""
        return self._tokens().current()

    def fetch_access_token(self) -> None:
        """Have a token that lasts; for wechatpy's own code."""
        self._tokens().current()

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        """How wechatpy's own groups call: by the same door, to the configured host."""
        path = url_or_endpoint.removeprefix(OWN_HOST)
        if not path.startswith("/"):
            path = f"/cgi-bin/{path}"
        body = options.get("json") or options.get("data")
        answer = self.call(
            method,
            path,
            body=body.encode() if isinstance(body, str) else body,
            params=options.get("params"),
            files=options.get("files"),
        )
        processed = options.get("result_processor")
        return processed(answer) if processed else answer

    def _called(
        self,
        method: str,
        path: str,
        *,
        host: str = "api",
        with_token: bool = True,
        ok: Collection[int] = (),
        **request: Any,
    ) -> Answer:
        refuse_in_transaction()
        log = CallLog(account=self.account, path=_api(path)[:80], by=self.by, tries=0)
        log.started_at, begun = self._now(), time.monotonic()
        try:
            answer = self._tried(log, method, self.host(host) + path, with_token, request)
            if answer.errcode and answer.errcode not in ok:
                raise WeChatError(answer.errcode, errmsg=self._clean(answer.errmsg), path=log.path)
        except WeChatError as error:
            log.errcode, log.errmsg = error.errcode, error.errmsg[:200]
            raise
        finally:
            log.milliseconds = int((time.monotonic() - begun) * 1000)
            log.save()
        return answer

    def _tried(
        self, log: CallLog, method: str, url: str, with_token: bool, request: dict[str, Any]
    ) -> Answer:
        """The answer after at most one renewal of the token and two waits for a busy WeChat."""
        tokens, pauses, is_renewed = self._tokens(), list(BUSY_PAUSES), False
        token = tokens.current() if with_token else ""
        while True:
            quotas.take(self.account, log.path, now=self._now())
            log.tries += 1
            answer = self._exchange(method, url, token, **request)
            if answer.errcode in TOKEN_CODES and with_token and not is_renewed:
                token, is_renewed = tokens.renew(token), True
            elif answer.errcode == BUSY and pauses:
                self._pause(pauses.pop(0))
            else:
                return answer

    def _exchange(self, method: str, url: str, token: str, **request: Any) -> Answer:
        params = {
            **(request.pop("params", None) or {}),
            **({"access_token": token} if token else {}),
        }
        return exchange(self._session, method, url, params=params, **request)

    def _tokens(self) -> Tokens:
        return Tokens(self.account, self._fetch_token, now=self._now, pause=self._pause)

    def _fetch_token(self, force: bool) -> Fetched:
        body = {
            "grant_type": "client_credential",
            "appid": self.credentials.app_id,
            "secret": self.credentials.secret,
            "force_refresh": force,
        }
        url = self.credentials.api_base.rstrip("/") + quotas.TOKEN
        answer = exchange(self._session, "post", url, body=body)
        if answer.errcode:
            message = self._clean(answer.errmsg)
            raise WeChatError(answer.errcode, errmsg=message, path=quotas.TOKEN)
        return fetched(answer.json)

    def _clean(self, text: str) -> str:
        return scrub(text, secrets=(self.credentials.secret,))


class _Said(dict[str, Any]):
    """WeChat's object; a part that is not there is an answer that nobody understands."""

    def __init__(self, said: dict[str, Any], *, path: str) -> None:
        super().__init__(said)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise WeChatError(BAD_ANSWER, errmsg=f"no {name}", path=self._path)


def refuse_in_transaction() -> None:
    """RuntimeError inside a transaction, but for that of a test case."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("no network inside a transaction: write a row, commit, then call")


def _api(path: str) -> str:
    return path.split("?", 1)[0]

"""The access token: one row for all processes, renewed by one of them at a time.

``POST /cgi-bin/stable_token`` (稳定版接口调用凭据) gives the same token until five minutes before
its end; ``force_refresh`` makes a new one, 20 times a day and 30 seconds apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from haitang.kernel import leases
from haitang.wechat.gateway import quotas
from haitang.wechat.gateway.errors import WeChatError
from haitang.wechat.gateway.sentences import BAD_ANSWER, BUSY
from haitang.wechat.models import AccessToken, Account

EARLY = timedelta(minutes=5)
APART = timedelta(seconds=30)
# Longer than a fetch can take (connect 3 s, read 10 s), shorter than patience.
LEASE_SECONDS, WAIT_SECONDS, LOOK_SECONDS = 20.0, 15.0, 0.1
MOST_FETCHES = 2

Fetch = Callable[[bool], "Fetched"]


@dataclass(frozen=True)
class Fetched:
    """A token as WeChat gave it, and for how many seconds."""

    token: str
    seconds: int


class Tokens:
    """The token as one call sees it: at most two requests for one, whatever happens."""

    def __init__(
        self,
        account: Account,
        fetch: Fetch,
        *,
        now: Callable[[], datetime],
        pause: Callable[[float], None],
    ) -> None:
        self._account, self._fetch, self._now, self._pause = account, fetch, now, pause
        self.fetches = 0

    def current(self) -> str:
        """A token to use now; fetched when there is none, or five minutes before its end."""
        row = self._row()
        if row and row.expires_at - self._now() > EARLY:
            return row.token.for_computing()
        return self._renewed(bad=None)

    def renew(self, bad: str) -> str:
        """Another token than ``bad``: one that somebody has fetched meanwhile, or a new one."""
        return self._renewed(bad=bad)

    def _renewed(self, *, bad: str | None) -> str:
        """Fetch under the lease; who does not get it uses what there is, or waits for it."""
        holder, name = uuid.uuid4().hex, f"wechat-token:{self._account.pk}"
        for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
            if leases.acquire(name, holder, LEASE_SECONDS, self._now()):
                try:
                    return self._usable(bad, early=EARLY) or self._fetched(force=bad is not None)
                finally:
                    leases.release(name, holder)
            found = self._usable(bad, early=timedelta(0))
            if found:
                return found
            self._pause(LOOK_SECONDS)
        raise WeChatError(BUSY, path=quotas.TOKEN)

    def _usable(self, bad: str | None, *, early: timedelta) -> str | None:
        row = self._row()
        if row is None or row.expires_at - self._now() <= early:
            return None
        token = row.token.for_computing()
        return None if token == bad else token

    def _fetched(self, *, force: bool) -> str:
        if self.fetches >= MOST_FETCHES:
            raise WeChatError(40001, path=quotas.TOKEN)
        now = self._now()
        row = self._row()
        # WeChat would answer a forced renewal within 30 seconds with the same token.
        may_force = force and (row is None or row.forced_at is None or now - row.forced_at >= APART)
        forced = may_force and quotas.take_forced(self._account, now=now)
        quotas.take(self._account, quotas.TOKEN, now=now)
        self.fetches += 1
        found = self._fetch(forced)
        AccessToken.objects.update_or_create(
            account=self._account,
            defaults={
                "token": found.token,
                "fetched_at": now,
                "expires_at": now + timedelta(seconds=found.seconds),
                **({"forced_at": now} if forced else {}),
            },
        )
        return found.token

    def _row(self) -> AccessToken | None:
        return AccessToken.objects.filter(account=self._account).first()


def fetched(answer: dict[str, object] | None) -> Fetched:
    """WeChat's answer to a request for a token. Raises WeChatError BAD_ANSWER for another shape."""
    if not answer or "access_token" not in answer:
        raise WeChatError(BAD_ANSWER, path=quotas.TOKEN)
    return Fetched(str(answer["access_token"]), int(str(answer.get("expires_in") or 7200)))

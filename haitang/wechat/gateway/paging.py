"""Walking through WeChat's pages so that a walk that broke off goes on where it was.

The place is a row (``SyncCursor``), advanced after the caller has dealt with the page::

    walk = PageWalk(account=account, name="followers", fetch=client.followers.page)
    for page in walk:
        ...  # store page.openids in a transaction of your own
    # reached only at the end: whoever was not seen since walk.started_at is gone
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from haitang.kernel import clock
from haitang.wechat.gateway.api.followers import FollowerPage
from haitang.wechat.models import Account, SyncCursor


class PageWalk:
    """One walk through all pages, perhaps in several sittings.

    ``started_at`` is when the walk began, in whichever sitting; ``resumed`` whether this one goes
    on with an earlier. A page may be met twice, when the caller died after storing it.
    """

    def __init__(
        self,
        *,
        account: Account,
        name: str,
        fetch: Callable[[str], FollowerPage],
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._fetch, self._now = fetch, now
        self._cursor, _ = SyncCursor.objects.get_or_create(
            account=account, name=name, defaults={"updated_at": now()}
        )
        self.resumed = self._cursor.started_at is not None
        self.started_at = self._cursor.started_at or now()
        self.total = 0

    @property
    def done(self) -> int:
        """How many openids this walk has met."""
        return self._cursor.done

    def __iter__(self) -> Iterator[FollowerPage]:
        position = self._cursor.position if self.resumed else ""
        if not self.resumed:
            self._keep(position="", done=0, started_at=self.started_at)
        while True:
            page = self._fetch(position)
            self.total = page.total
            if page.openids:
                yield page
                self._keep(position=page.next_openid, done=self.done + len(page.openids))
            if not page.next_openid or page.next_openid == position:
                break
            position = page.next_openid
        self._keep(position="", started_at=None, finished_at=self._now())

    def _keep(self, **fields: object) -> None:
        fields["updated_at"] = self._now()
        for name, value in fields.items():
            setattr(self._cursor, name, value)
        self._cursor.save(update_fields=[*fields])

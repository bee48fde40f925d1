"""数据统计: both families behind one interface. Every call may raise WeChatError.

Ask after 08:00 for days up to yesterday. Spans are settings, for WeChat changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from haitang.wechat.gateway.api.base import Group

# Days a call, by interface; an article's days of life in each family.
SPANS = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getupstreammsg": 7,
    "getbizsummary": 30,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getarticletotal": 1,
    "getarticletotaldetail": 1,
}
LIFE = {"new": 30, "old": 7}


@dataclass(frozen=True)
class UserDay:
    """New and lost followers of a day by where they came from (0 others, 1 search, 30 QR …)."""

    day: date
    source: int
    new: int
    lost: int


@dataclass(frozen=True)
class CumulateDay:
    """How many follow at the end of a day."""

    day: date
    total: int


@dataclass(frozen=True)
class UpstreamDay:
    """Messages from followers of a day by kind (1 text, 2 image, 3 voice …)."""

    day: date
    kind: int
    users: int
    messages: int


@dataclass(frozen=True)
class ArticleDay:
    """An article's readers up to the end of a day of its life (cumulative, as WeChat counts).

    ``msgid`` is msg_data_id_index. The old family counts reads too; the new one only readers
    and the share that read to the end.
    """

    msgid: str
    title: str
    published_on: date
    day: date
    readers: int
    sharers: int
    reads: int | None = None
    url: str = ""
    finish_rate: str = ""


@dataclass(frozen=True)
class ArticleLives:
    """The lives of the articles published on one day; ``is_delayed``: not all is counted yet."""

    articles: tuple[ArticleDay, ...]
    is_delayed: bool = False


class Datacube(Group):
    """Figures of followers, messages and articles."""

    def users(self, first: date, last: date) -> list[UserDay]:
        """New and lost followers, at most 7 days."""
        rows = self._list("getusersummary", first, last)
        return [
            UserDay(
                _day(row), int(row["user_source"]), int(row["new_user"]), int(row["cancel_user"])
            )
            for row in rows
        ]

    def cumulate(self, first: date, last: date) -> list[CumulateDay]:
        """Followers in all, at most 7 days."""
        rows = self._list("getusercumulate", first, last)
        return [CumulateDay(_day(row), int(row["cumulate_user"])) for row in rows]

    def upstream(self, first: date, last: date) -> list[UpstreamDay]:
        """Messages from followers, at most 7 days."""
        rows = self._list("getupstreammsg", first, last)
        return [
            UpstreamDay(
                _day(row), int(row["msg_type"]), int(row["msg_user"]), int(row["msg_count"])
            )
            for row in rows
        ]

    def articles(self, day: date, *, family: str) -> ArticleLives:
        """The lives of the articles published on ``day``: family ``new`` (30 days of life) or
        ``old`` (7 days)."""
        if family == "new":
            answer = self._ask("getarticletotaldetail", day, day)
            return ArticleLives(
                tuple(_new_days(answer.get("list") or ())), bool(answer.get("is_delay"))
            )
        answer = self._ask("getarticletotal", day, day)
        return ArticleLives(tuple(_old_days(answer.get("list") or ())))

    def business(self, first: date, last: date) -> list[dict[str, Any]]:
        """The account's readers and sharers by day, at most 30 days (new family only)."""
        return self._list("getbizsummary", first, last)

    def _list(self, name: str, first: date, last: date) -> list[dict[str, Any]]:
        return list(self._ask(name, first, last).get("list") or ())

    def _ask(self, name: str, first: date, last: date) -> dict[str, Any]:
        if not 0 <= (last - first).days < SPANS[name]:
            raise ValueError(f"{name}: {first} to {last} is more than {SPANS[name]} days")
        body = {"begin_date": first.isoformat(), "end_date": last.isoformat()}
        return dict(self._post(f"/datacube/{name}", body))


def _day(row: dict[str, Any], name: str = "ref_date") -> date:
    return date.fromisoformat(str(row[name]))


def _new_days(rows: Iterable[dict[str, Any]]) -> Iterator[ArticleDay]:
    for row in rows:
        for each in row.get("detail_list") or ():
            yield ArticleDay(
                msgid=str(row["msgid"]),
                title=str(row.get("title", "")),
                published_on=_day(row),
                day=_day(each, "stat_date"),
                readers=int(each["read_user"]),
                sharers=int(each.get("share_user") or 0),
                url=str(row.get("content_url") or ""),
                finish_rate=str(each.get("read_finish_rate") or ""),
            )


def _old_days(rows: Iterable[dict[str, Any]]) -> Iterator[ArticleDay]:
    for row in rows:
        for each in row.get("details") or ():
            yield ArticleDay(
                msgid=str(row["msgid"]),
                title=str(row.get("title", "")),
                published_on=_day(row),
                day=_day(each, "stat_date"),
                readers=int(each["int_page_read_user"]),
                reads=int(each["int_page_read_count"]),
                sharers=int(each.get("share_user") or 0),
            )

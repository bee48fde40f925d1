"""Pulling WeChat's figures day by day. A piece and its mark are written together, so that a pull
that breaks off goes on where it was; the last days are pulled again, since WeChat corrects them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from haitang.wechat.gateway import WeChatClient, WeChatError
from haitang.wechat.gateway.api import datacube
from haitang.wechat.models import (
    Account,
    ArticleDay,
    FollowerDay,
    FollowerTotal,
    SyncCursor,
    UpstreamDay,
)
from haitang.wechat.statistics.spans import newest_day, pieces

Report = Callable[[int, int, str], None]
# How far the first pull reaches back, and how many days are pulled again each time.
FIRST_DAYS, AGAIN_DAYS = 30, 2
MOST_FAR = 365
ARTICLES = "stats.articles"
OLD_FAMILY = "这个公众号只有旧接口，只数发布后 7 天"


def _silent(done: int, total: int, note: str = "") -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Series:
    """Figures by day: how they are asked for and where they are kept."""

    name: str
    title: str
    interface: str
    model: type[models.Model]
    ask: Callable[[WeChatClient, date, date], Iterable[Any]]


SERIES: tuple[Series, ...] = (
    Series(
        "stats.users",
        "粉丝增减",
        "getusersummary",
        FollowerDay,
        lambda client, first, last: client.datacube.users(first, last),
    ),
    Series(
        "stats.totals",
        "粉丝总数",
        "getusercumulate",
        FollowerTotal,
        lambda client, first, last: client.datacube.cumulate(first, last),
    ),
    Series(
        "stats.upstream",
        "收到的消息数",
        "getupstreammsg",
        UpstreamDay,
        lambda client, first, last: client.datacube.upstream(first, last),
    ),
)
TITLES = {**{each.name: each.title for each in SERIES}, ARTICLES: "文章阅读"}


def pull(name: str, *, client: WeChatClient, now: datetime, report: Report = _silent) -> SyncCursor:
    """Pull one kind of figures up to the newest day; its cursor. Raises WeChatError, ValueError."""
    if name == ARTICLES:
        return pull_articles(client=client, now=now, report=report)
    series = next((each for each in SERIES if each.name == name), None)
    if series is None:
        raise ValueError(f"no figures are called {name!r}")
    return pull_series(series, client=client, now=now, report=report)


def pull_all(
    *, client: WeChatClient, now: datetime, names: Iterable[str] = (), report: Report = _silent
) -> dict[str, str]:
    """Pull these kinds of figures, or all; a sentence for each that could not be pulled.

    One that WeChat refuses does not keep the others back. Raises the first passing WeChatError
    after all were tried, so that a job tries again.
    """
    faults: dict[str, str] = {}
    passing: WeChatError | None = None
    for name in names or TITLES:
        try:
            pull(name, client=client, now=now, report=report)
        except WeChatError as error:
            faults[name] = error.sentence
            SyncCursor.objects.filter(account=client.account, name=name).update(
                note=error.sentence[:300], updated_at=now
            )
            passing = passing or (error if error.is_passing else None)
    if passing:
        raise passing
    return faults


def pull_series(
    series: Series, *, client: WeChatClient, now: datetime, report: Report = _silent
) -> SyncCursor:
    """Pull the days since the last one done, with the two before it again."""
    account, last = client.account, newest_day(now)
    cursor = _cursor(account, series.name, now)
    first = last - timedelta(days=FIRST_DAYS - 1)
    if cursor.position:
        done = date.fromisoformat(cursor.position)
        first = max(done + timedelta(days=1 - AGAIN_DAYS), last - timedelta(days=MOST_FAR))
    _begin(cursor, now)
    for start, end in pieces(first, last, datacube.SPANS[series.interface]):
        rows = list(series.ask(client, start, end))
        with transaction.atomic():
            kept = series.model._default_manager.filter(account=account, day__range=(start, end))
            kept.delete()
            _insert(series.model, account, rows)
            cursor.position = max(cursor.position, end.isoformat())
            _go_on(cursor, len(rows), now)
        report((end - first).days + 1, (last - first).days + 1, series.title)
    return _end(cursor, now)


def pull_articles(*, client: WeChatClient, now: datetime, report: Report = _silent) -> SyncCursor:
    """Pull the lives of the articles of the last weeks, one day of publication after another.

    The new family of interfaces first (30 days of life); an account that is not entitled to it
    gets the old one (7 days). ``position`` is the last day of publication done in this round.
    """
    account, last = client.account, newest_day(now)
    cursor = _cursor(account, ARTICLES, now)
    first = last - timedelta(days=datacube.LIFE["new"] - 1)
    start = first
    if cursor.started_at and cursor.position:
        start = max(first, date.fromisoformat(cursor.position) + timedelta(days=1))
    else:
        cursor.position = ""
    _begin(cursor, now)
    family = "old" if account.capabilities.get("articles_new") is False else "new"
    for day, _ in pieces(start, last, 1):
        family, lives = _lives(client, day, family)
        with transaction.atomic():
            _keep_lives(account, day, family, lives)
            cursor.position = day.isoformat()
            cursor.note = "" if family == "new" else OLD_FAMILY
            _go_on(cursor, len(lives.articles), now)
        report((day - first).days + 1, (last - first).days + 1, TITLES[ARTICLES])
    return _end(cursor, now)


def _lives(client: WeChatClient, day: date, family: str) -> tuple[str, datacube.ArticleLives]:
    try:
        return family, client.datacube.articles(day, family=family)
    except WeChatError as error:
        if family == "old" or not error.is_missing_capability:
            raise
    return "old", client.datacube.articles(day, family="old")


def _keep_lives(account: Account, day: date, family: str, lives: datacube.ArticleLives) -> None:
    """What came in place of what was kept; a day's article that WeChat no longer tells stays."""
    msgids = {each.msgid for each in lives.articles}
    ArticleDay.objects.filter(
        account=account, published_on=day, family=family, msgid__in=msgids
    ).delete()
    ArticleDay.objects.bulk_create(
        [
            ArticleDay(
                account=account,
                msgid=each.msgid[:60],
                family=family,
                title=each.title[:200],
                url=each.url[:500],
                published_on=each.published_on,
                day=each.day,
                readers=each.readers,
                reads=each.reads,
                sharers=each.sharers,
                finish_rate=each.finish_rate[:20],
                is_delayed=lives.is_delayed,
            )
            for each in lives.articles
        ]
    )


def _insert(model: type[models.Model], account: Account, rows: Iterable[Any]) -> None:
    """The client's rows carry the names of the table's columns."""
    model._default_manager.bulk_create([model(account=account, **vars(row)) for row in rows])


def _cursor(account: Account, name: str, now: datetime) -> SyncCursor:
    found, _ = SyncCursor.objects.get_or_create(
        account=account, name=name, defaults={"updated_at": now}
    )
    return found


def _begin(cursor: SyncCursor, now: datetime) -> None:
    if cursor.started_at is None:
        cursor.started_at, cursor.done = now, 0
    cursor.updated_at, cursor.note = now, ""
    cursor.save()


def _go_on(cursor: SyncCursor, rows: int, now: datetime) -> None:
    cursor.done += rows
    cursor.updated_at = now
    cursor.save()


def _end(cursor: SyncCursor, now: datetime) -> SyncCursor:
    cursor.started_at, cursor.finished_at, cursor.updated_at = None, now, now
    cursor.save()
    return cursor

"""Reads of WeChat's figures, for pages and for the apps above."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from haitang.wechat.models import Account, ArticleDay, FollowerDay, FollowerTotal, UpstreamDay

# Seven days of life are the day of publication and the six after it.
SEVEN_DAYS = timedelta(days=6)
SOURCES = {
    0: "其他",
    1: "搜索",
    17: "名片分享",
    30: "扫二维码",
    43: "图文右上角菜单",
    51: "支付后关注",
    57: "文章内公众号名称",
    75: "公众号文章广告",
    78: "朋友圈广告",
    100: "扫一扫网页授权",
    149: "小程序关注",
    161: "他人转载",
    200: "视频号",
    201: "直播",
}


@dataclass(frozen=True)
class FollowersOfDay:
    """A day: new, lost, in all (None where WeChat told nothing) and messages received."""

    day: date
    new: int
    lost: int
    total: int | None
    messages: int

    @property
    def net(self) -> int:
        """New less lost."""
        return self.new - self.lost


@dataclass(frozen=True)
class SevenDays:
    """An article's figure after seven days; ``counts`` says in words what was counted."""

    msgid: str
    reads: int
    counts: str


@dataclass(frozen=True)
class ArticleNow:
    """Where an article stands: the newest figures and those at seven days."""

    msgid: str
    title: str
    url: str
    published_on: date
    day: date
    readers: int
    reads: int | None
    sharers: int
    seven: SevenDays | None


def followers_by_day(account: Account, first: date, last: date) -> list[FollowersOfDay]:
    """The days from first to last that are known, ascending. Three queries."""
    span = {"account": account, "day__range": (first, last)}
    moved = {
        row["day"]: (row["new"], row["lost"])
        for row in FollowerDay.objects.filter(**span)
        .values("day")
        .annotate(new=Sum("new"), lost=Sum("lost"))
    }
    totals = dict(FollowerTotal.objects.filter(**span).values_list("day", "total"))
    messages = dict(
        UpstreamDay.objects.filter(**span).values_list("day").annotate(sum=Sum("messages"))
    )
    return [
        FollowersOfDay(day, *moved.get(day, (0, 0)), totals.get(day), messages.get(day, 0))
        for day in sorted({*moved, *totals, *messages})
    ]


def sources_between(account: Account, first: date, last: date) -> list[tuple[str, int, int]]:
    """(where from, new, lost) from first to last, most first. One query."""
    rows = (
        FollowerDay.objects.filter(account=account, day__range=(first, last))
        .values("source")
        .annotate(new=Sum("new"), lost=Sum("lost"))
        .order_by("-new", "source")
    )
    return [
        (SOURCES.get(row["source"], f"来源 {row['source']}"), row["new"], row["lost"])
        for row in rows
        if row["new"] or row["lost"]
    ]


def seven_days(msgids: Collection[str]) -> dict[str, SevenDays]:
    """The figure at seven days of those articles whose seven days are told in full. One query."""
    rows = ArticleDay.objects.filter(msgid__in=msgids)
    return _seven(rows)


def articles_since(account: Account, first: date) -> list[ArticleNow]:
    """The articles published since, newest first, with their newest figures. One query."""
    rows = list(
        ArticleDay.objects.filter(account=account, published_on__gte=first).order_by(
            "day", "-family"
        )
    )
    newest = {row.msgid: row for row in rows}
    sevens = _seven(rows)
    found = [
        ArticleNow(
            msgid=row.msgid,
            title=row.title,
            url=row.url,
            published_on=row.published_on,
            day=row.day,
            readers=row.readers,
            reads=row.reads,
            sharers=row.sharers,
            seven=sevens.get(row.msgid),
        )
        for row in newest.values()
    ]
    return sorted(found, key=lambda each: (each.published_on, each.msgid), reverse=True)


def _seven(rows: Iterable[ArticleDay]) -> dict[str, SevenDays]:
    """Of both families, the old one's: it counts how often an article was read (阅读量)."""
    found: dict[str, SevenDays] = {}
    for row in sorted(rows, key=lambda each: each.family):  # new before old
        if row.day != row.published_on + SEVEN_DAYS or row.is_delayed:
            continue
        if row.reads is None:
            found[row.msgid] = SevenDays(row.msgid, row.readers, "阅读人数")
        else:
            found[row.msgid] = SevenDays(row.msgid, row.reads, "阅读次数")
    return found

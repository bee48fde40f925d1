"""Reads of articles, for pages and for the apps above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.expressions import OrderBy

from content.models import Article
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from haitang.wechat.models import Account

# docs/rules.md §6: reads are frozen 7 days after publication.
FROZEN_AFTER = timedelta(days=7)
NEAR = timedelta(days=60)
OFFERED = 200
ASSESSED = (Article.Category.CAMPAIGN, Article.Category.WELFARE)
FIGURES = {"reads": "阅读量", "follows": "新增关注"}
MISSING, WAITING, ENTERED = "missing", "waiting", "entered"


@dataclass(frozen=True)
class Search:
    """What a list of articles is narrowed to; an empty value narrows nothing."""

    text: str = ""
    category: str = ""
    month: Month | None = None
    figure: str = ""
    sort: str = ""


@dataclass(frozen=True)
class Sort:
    """An order of the list of articles, with the code as the last word."""

    name: str
    by: tuple[str | OrderBy, ...]


_READS = F("reads")
SORTS = {
    "": Sort("新的在前", ("-published_on",)),
    "oldest": Sort("旧的在前", ("published_on",)),
    "most": Sort("阅读多的在前", (_READS.desc(nulls_last=True), "-published_on")),
    "least": Sort("阅读少的在前", (_READS.asc(nulls_last=True), "-published_on")),
    "code": Sort("按编号", ()),
}


def due_on(article: Article) -> date:
    """The day from which the article's figures can be entered: seven days after publication."""
    return article.published_on + FROZEN_AFTER


def articles_found(search: Search, *, today: date) -> QuerySet[Article]:
    """Articles that fit, in the order asked for, with ``campaign_count``."""
    found = Article.objects.annotate(campaign_count=Count("campaigns"))
    if search.text:
        found = found.filter(Q(code__icontains=search.text) | Q(title__icontains=search.text))
    if search.category:
        found = found.filter(category=search.category)
    if search.month:
        found = found.filter(published_on__range=(search.month.first, search.month.last))
    if search.figure == ENTERED:
        found = found.filter(reads__isnull=False)
    elif search.figure == MISSING:
        found = found.filter(reads=None, published_on__lte=today - FROZEN_AFTER)
    elif search.figure == WAITING:
        found = found.filter(reads=None, published_on__gt=today - FROZEN_AFTER)
    return found.order_by(*SORTS[search.sort].by, "code")


def articles_of(month: Month) -> QuerySet[Article]:
    """The articles published in a month, in the order in which they appeared."""
    return Article.objects.filter(published_on__range=(month.first, month.last)).order_by(
        "published_on", "code"
    )


def campaigns_of(article: Article, stores: frozenset[str] | None) -> QuerySet[Any]:
    """The campaigns that name this article; ``stores`` as people are held to them."""
    found: QuerySet[Any] = article.campaigns.order_by("-start", "code")
    if stores is None:
        return found
    return found.filter(Q(all_stores=True) | Q(stores__code__in=stores)).distinct()


def campaigns_near(article: Article) -> list[tuple[str, str]]:
    """(code, title) of the campaigns around the article's day that have no article yet."""
    model: Any = Article._meta.get_field("campaigns").related_model
    days = (article.published_on - NEAR, article.published_on + NEAR)
    found = model._default_manager.filter(article=None, start__range=days)
    return list(found.exclude(status="cancelled").values_list("code", "title")[:OFFERED])


def entered_by(articles: QuerySet[Article] | list[Article]) -> dict[int, AuditEntry]:
    """Article key → who typed its figures last, and when. One query."""
    keys = [str(article.pk) for article in articles]
    entries = AuditEntry.objects.filter(
        object_type=Article._meta.label_lower,
        object_id__in=keys,
        act__in=("enter_reads", "freeze_reads"),
    )
    return {int(entry.object_id): entry for entry in entries.order_by("at", "pk")}


def can_be_counted() -> bool | None:
    """Whether WeChat counts the account's articles for us; None as long as nobody asked it."""
    account = Account.objects.order_by("pk").first()
    known = account.capabilities if account else {}
    answers = [known.get(name) for name in ("articles_new", "articles_old")]
    return True if True in answers else False if answers == [False, False] else None


def months_with_articles(*, today: date) -> list[Month]:
    """Months to choose from, newest first, this one always among them."""
    months = {Month.of(day) for day in Article.objects.dates("published_on", "month")}
    return sorted(months | {Month.of(today)}, reverse=True)


def newest_month(*, today: date) -> Month:
    """The newest month with an article already published; this one when there is none."""
    published = Article.objects.filter(published_on__lte=today)
    newest = published.aggregate(day=Max("published_on"))["day"]
    return Month.of(newest or today)


def is_due(article: Article, *, today: date) -> bool:
    """Whether its figures can be entered."""
    return due_on(article) <= today


__all__ = [
    "ASSESSED",
    "FIGURES",
    "FROZEN_AFTER",
    "SORTS",
    "Search",
    "articles_found",
    "articles_of",
    "campaigns_near",
    "campaigns_of",
    "can_be_counted",
    "due_on",
    "entered_by",
    "is_due",
    "months_with_articles",
    "newest_month",
]

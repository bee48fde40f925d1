"""Articles, campaigns, participants and manuscripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from campaigns.cards import card_ids
from campaigns.entry import CampaignEntry, EntryContext, entry_fault, keep_campaign, store_keys
from campaigns.evaluation import calendar_between
from campaigns.models import Campaign, MemberCard, Participation
from content.models import Article, Manuscript
from haitang.datapack.loaders.base import LoadContext, Loader, Parse, texts, upsert
from haitang.datapack.tables import BadCell, Row
from haitang.policy.selectors import policy_for

_AT_ONCE = 500


@dataclass(frozen=True)
class ArticleEntry:
    code: str
    title: str
    category: str
    published_on: date
    reads: int | None
    follows: int | None


def _article(row: Row) -> ArticleEntry:
    return ArticleEntry(
        row.text("code"),
        row.text("title"),
        row.choice("category", Article.Category.values),
        row.day("published_on"),
        row.optional_whole("reads"),
        row.optional_whole("follows"),
    )


def _keep_articles(entries: Sequence[ArticleEntry], context: LoadContext) -> int:
    return sum(
        upsert(
            Article,
            {"code": each.code},
            {
                "title": each.title,
                "category": each.category,
                "published_on": each.published_on,
                **_known_figures(each),
            },
        )
        for each in entries
    )


def _known_figures(entry: ArticleEntry) -> dict[str, int]:
    """An empty cell says nothing, so that it takes away no figure typed by hand."""
    figures = {"reads": entry.reads, "follows": entry.follows}
    return {name: value for name, value in figures.items() if value is not None}


def _entry_context() -> EntryContext:
    return EntryContext(
        policy_for=cache(policy_for),
        calendar=calendar_between(date.min, date.max),
        stores=store_keys(),
        articles=dict(Article.objects.values_list("code", "pk")),
    )


def _prepare_campaigns() -> Parse:
    context = _entry_context()

    def parse(row: Row) -> CampaignEntry:
        stores = row.items("stores")
        entry = CampaignEntry(
            code=row.text("code"),
            title=row.text("title"),
            scale=row.choice("scale", Campaign.Scale.values),
            kind=row.choice("kind", Campaign.Kind.values),
            start=row.day("start"),
            end=row.day("end"),
            stores=None if stores == ("*",) else stores,
            focus_items=row.items("focus_items"),
            status=row.choice("status", Campaign.Status.values),
            article=row.optional("article"),
        )
        if fault := entry_fault(entry, context):
            column, sentence = fault
            raise BadCell(column, row.optional(column), sentence)
        return entry

    return parse


def _keep_campaigns(entries: Sequence[CampaignEntry], context: LoadContext) -> int:
    checked_against = _entry_context()
    return sum(keep_campaign(each, checked_against) for each in entries)


def _prepare_participants() -> Parse:
    campaigns = dict(Campaign.objects.values_list("code", "pk"))

    def parse(row: Row) -> tuple[int, str]:
        code = row.text("campaign")
        if code not in campaigns:
            raise BadCell("campaign", code, "没有这个编号的活动。")
        return campaigns[code], row.text("member")

    return parse


def _keep_participants(entries: Sequence[tuple[int, str]], context: LoadContext) -> int:
    cards = card_ids(number for _, number in entries)
    known = set(Participation.objects.values_list("campaign_id", "card_id"))
    wanted = {(campaign, cards[number]) for campaign, number in entries} - known
    Participation.objects.bulk_create(
        (Participation(campaign_id=campaign, card_id=card) for campaign, card in sorted(wanted)),
        batch_size=_AT_ONCE,
    )
    return len(wanted)


@dataclass(frozen=True)
class ManuscriptEntry:
    code: str
    author_kind: str
    title: str
    adopted_on: date | None


def _manuscript(row: Row) -> ManuscriptEntry:
    return ManuscriptEntry(
        row.text("code"),
        row.choice("author_kind", Manuscript.AuthorKind.values),
        row.text("title"),
        row.optional_day("adopted_on"),
    )


def _keep_manuscripts(entries: Sequence[ManuscriptEntry], context: LoadContext) -> int:
    return sum(
        upsert(
            Manuscript,
            {"code": each.code},
            {
                "author_kind": each.author_kind,
                "title": each.title,
                "adopted_on": each.adopted_on,
            },
        )
        for each in entries
    )


ARTICLES = Loader(
    "articles.csv",
    ("code", "title", "category", "published_on", "reads"),
    lambda: _article,
    _keep_articles,
    identity=lambda entry: entry.code,
    kept_in=texts(Article, code="code", title="title"),
)
CAMPAIGNS = Loader(
    "campaigns.csv",
    (
        "code",
        "title",
        "scale",
        "kind",
        "start",
        "end",
        "stores",
        "focus_items",
        "status",
        "article",
    ),
    _prepare_campaigns,
    _keep_campaigns,
    identity=lambda entry: entry.code,
    kept_in=texts(Campaign, code="code", title="title"),
)
PARTICIPANTS = Loader(
    "participants.csv",
    ("campaign", "member"),
    _prepare_participants,
    _keep_participants,
    kept_in=texts(MemberCard, member="number"),
)
MANUSCRIPTS = Loader(
    "manuscripts.csv",
    ("code", "author_kind", "title", "adopted_on"),
    lambda: _manuscript,
    _keep_manuscripts,
    identity=lambda entry: entry.code,
    kept_in=texts(Manuscript, code="code", title="title"),
)

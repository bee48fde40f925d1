"""Drafts in the account's draft box: written here, kept by WeChat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from django.db import transaction

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.errors import Invalid
from haitang.wechat import gateway
from haitang.wechat.gateway.api.drafts import DraftArticle, faults_of
from haitang.wechat.pictures import check_picture

STREAM = "wechat"
PAGE = 20
_LATER = "to be uploaded"


@dataclass(frozen=True)
class Draft:
    """A draft as the list shows it; ``changed_at`` None when WeChat does not tell."""

    media_id: str
    titles: tuple[str, ...]
    author: str
    changed_at: datetime | None

    @property
    def title(self) -> str:
        """The titles of its articles, as one line."""
        return "；".join(self.titles)[:200] or "（没有标题）"


def drafts_page(number: int, *, by: User) -> tuple[list[Draft], int]:
    """A page of the drafts, the newest first, and how many there are. Raises WeChatError."""
    found = gateway.client(by=by).drafts.page((number - 1) * PAGE, PAGE)
    return [_draft(each) for each in found.items], found.total


def html_of(text: str) -> str:
    """Paragraphs of plain text as WeChat wants them; an empty line parts them."""
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"<p>{escape(line)}</p>" if line else "<p><br></p>" for line in lines).strip()


def add_draft(
    *,
    title: str,
    text: str,
    author: str,
    digest: str,
    cover_name: str,
    cover: bytes,
    by: User,
    now: datetime,
) -> str:
    """A draft of one article; its media_id. Nothing is uploaded for one that WeChat would refuse.

    Raises Invalid, with every fault, beyond WeChat's limits, WeChatError where WeChat says no.
    """
    check_picture(cover_name, cover)
    article = DraftArticle(title.strip(), html_of(text), _LATER, author.strip(), digest.strip())
    faults = faults_of(article) if text.strip() else ["没有正文：请写正文。"]
    if faults:
        raise Invalid("草稿没有保存：" + "".join(faults), details=faults)
    client = gateway.client(by=by)
    thumb = client.media.upload_permanent("image", cover, cover_name).media_id
    done = DraftArticle(article.title, article.content, thumb, article.author, article.digest)
    media_id = client.drafts.add([done])
    details: dict[str, object] = {"title": article.title}
    with transaction.atomic():
        audit.record(
            stream=STREAM, act="add_draft", obj=client.account, by=by, now=now, details=details
        )
    return media_id


def delete_draft(*, media_id: str, title: str, by: User, now: datetime) -> None:
    """Delete a draft at WeChat; nobody can bring it back. Raises WeChatError."""
    client = gateway.client(by=by)
    client.drafts.delete(media_id)
    details: dict[str, object] = {"title": title[:200]}
    with transaction.atomic():
        audit.record(
            stream=STREAM, act="delete_draft", obj=client.account, by=by, now=now, details=details
        )


def _draft(item: dict[str, Any]) -> Draft:
    articles: Sequence[dict[str, Any]] = (item.get("content") or {}).get("news_item") or ()
    at = item.get("update_time")
    return Draft(
        media_id=str(item.get("media_id", "")),
        titles=tuple(str(each.get("title") or "（没有标题）") for each in articles),
        author=str(articles[0].get("author") or "") if articles else "",
        changed_at=datetime.fromtimestamp(int(at), UTC) if at else None,
    )

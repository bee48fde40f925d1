"""草稿与发布. Every call may raise WeChatError; drafts that WeChat would not take raise Invalid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from haitang.kernel.errors import Invalid
from haitang.wechat.gateway.api.base import Group

# WeChat's limits of a draft: letters, letters, letters, letters and bytes, articles a draft.
TITLE, AUTHOR, DIGEST = 32, 16, 128
CONTENT, CONTENT_BYTES = 20_000, 1_000_000
ARTICLES = 8


@dataclass(frozen=True)
class DraftArticle:
    """One article of a draft.

    ``content`` is HTML whose pictures WeChat has (``media.upload_image``); ``thumb_media_id`` is
    a permanent image and required.
    """

    title: str
    content: str
    thumb_media_id: str
    author: str = ""
    digest: str = ""
    source_url: str = ""
    with_comments: bool = False
    only_fans_comment: bool = False

    def body(self) -> dict[str, Any]:
        """As WeChat wants it."""
        return {
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "content": self.content,
            "content_source_url": self.source_url,
            "thumb_media_id": self.thumb_media_id,
            "need_open_comment": int(self.with_comments),
            "only_fans_can_comment": int(self.only_fans_comment),
        }


@dataclass(frozen=True)
class Submitted:
    """Accepted, no more: the end comes by PUBLISHJOBFINISH or by ``Publish.get``."""

    publish_id: str
    msg_data_id: str = ""


@dataclass(frozen=True)
class PublishResult:
    """Where a publication stands: 0 published, 1 under way, 2 and more failed (see publishing)."""

    publish_id: str
    status: int
    article_id: str = ""
    urls: tuple[str, ...] = ()
    failed: tuple[int, ...] = ()


@dataclass(frozen=True)
class PublishedPage:
    """A page of what is published; ``total`` counts all."""

    total: int
    items: tuple[dict[str, Any], ...]


def faults_of(article: DraftArticle) -> list[str]:
    """Why WeChat would not take this article, as sentences; empty when it would."""
    limits = (
        ("标题", article.title, TITLE),
        ("作者", article.author, AUTHOR),
        ("摘要", article.digest, DIGEST),
    )
    faults = [
        f"{name}有 {len(text)} 个字，最多 {most} 个：请改短。"
        for name, text, most in limits
        if len(text) > most
    ]
    if not article.title.strip():
        faults.append("没有标题：请写标题。")
    if not article.thumb_media_id:
        faults.append("没有封面：请先上传一张封面图片（永久素材）。")
    if not article.content.strip():
        faults.append("没有正文：请写正文。")
    if len(article.content) >= CONTENT:
        faults.append(f"正文有 {len(article.content)} 个字符（含排版），要少于 {CONTENT}：请删减。")
    elif len(article.content.encode()) >= CONTENT_BYTES:
        faults.append("正文超过 1 MB：请删减，或把图片改为先上传到微信。")
    return faults


class Drafts(Group):
    """Drafts; one disappears when it is published."""

    def add(self, articles: Sequence[DraftArticle]) -> str:
        """A new draft of 1 to 8 articles; its media_id. Raises Invalid beyond WeChat's limits."""
        if not 1 <= len(articles) <= ARTICLES:
            raise Invalid(f"一份草稿要有 1 到 {ARTICLES} 篇文章，这里有 {len(articles)} 篇。")
        _check(articles)
        body = {"articles": [each.body() for each in articles]}
        return str(self._post("/cgi-bin/draft/add", body)["media_id"])

    def update(self, media_id: str, article: DraftArticle, *, index: int = 0) -> None:
        """Change one article of a draft. Raises Invalid beyond WeChat's limits."""
        _check([article])
        body = {"media_id": media_id, "index": index, "articles": article.body()}
        self._post("/cgi-bin/draft/update", body)

    def get(self, media_id: str) -> list[dict[str, Any]]:
        """The articles of a draft as WeChat keeps them."""
        answer = self._post("/cgi-bin/draft/get", {"media_id": media_id})
        return list(answer.get("news_item", ()))

    def delete(self, media_id: str) -> None:
        """Delete a draft."""
        self._post("/cgi-bin/draft/delete", {"media_id": media_id})

    def page(self, offset: int = 0, count: int = 20) -> PublishedPage:
        """Drafts, newest first, without their content."""
        return _page(self._post("/cgi-bin/draft/batchget", _span(offset, count)))

    def count(self) -> int:
        """How many drafts there are."""
        return int(self._get("/cgi-bin/draft/count")["total_count"])


class Publish(Group):
    """发布: a publication without a message to followers."""

    def submit(self, media_id: str) -> Submitted:
        """Ask for publication; not done when this returns (see ``Submitted``)."""
        answer = self._post("/cgi-bin/freepublish/submit", {"media_id": media_id})
        return Submitted(str(answer["publish_id"]), str(answer.get("msg_data_id") or ""))

    def get(self, publish_id: str) -> PublishResult:
        """Where a publication stands."""
        answer = self._post("/cgi-bin/freepublish/get", {"publish_id": publish_id})
        items = (answer.get("article_detail") or {}).get("item") or ()
        return PublishResult(
            publish_id=str(answer.get("publish_id") or publish_id),
            status=int(answer["publish_status"]),
            article_id=str(answer.get("article_id") or ""),
            urls=tuple(str(each["article_url"]) for each in items),
            failed=tuple(int(each) for each in answer.get("fail_idx") or ()),
        )

    def article(self, article_id: str) -> list[dict[str, Any]]:
        """The published articles of one article_id."""
        answer = self._post("/cgi-bin/freepublish/getarticle", {"article_id": article_id})
        return list(answer.get("news_item", ()))

    def page(self, offset: int = 0, count: int = 20) -> PublishedPage:
        """What is published, newest first, without the content."""
        return _page(self._post("/cgi-bin/freepublish/batchget", _span(offset, count)))

    def delete(self, article_id: str, *, index: int = 0) -> None:
        """Delete a published article (0: all of them). Nobody can undo it."""
        self._post("/cgi-bin/freepublish/delete", {"article_id": article_id, "index": index})


def _check(articles: Sequence[DraftArticle]) -> None:
    faults = [
        f"第 {number} 篇：{fault}" if len(articles) > 1 else fault
        for number, each in enumerate(articles, 1)
        for fault in faults_of(each)
    ]
    if faults:
        raise Invalid("草稿不能交给微信：请按下面的说明改好。", details=faults)


def _span(offset: int, count: int) -> dict[str, int]:
    return {"offset": offset, "count": min(count, 20), "no_content": 1}


def _page(answer: dict[str, Any]) -> PublishedPage:
    return PublishedPage(int(answer.get("total_count", 0)), tuple(answer.get("item") or ()))

"""Writes of articles and their figures, each with its audit record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from content.models import Article
from content.selectors import FIGURES, due_on, is_due
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.display import day_text
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat.statistics.spans import is_msgid

STREAM = "articles"
BY_HAND = "手工录入"
MOST = 10**12
DIGITS = "阅读量和新增关注是不小于 0 的整数"


@dataclass(frozen=True)
class ArticleFacts:
    """An article as somebody enters it; its figures come later, at seven days."""

    title: str
    category: str
    published_on: date
    url: str = ""
    wechat_msgid: str = ""


@dataclass(frozen=True)
class Figures:
    """The figures of one article as typed, and as they stood on the page where they were typed."""

    article: int
    reads: int | None
    follows: int | None
    was_reads: int | None
    was_follows: int | None


class Unkept(Invalid):
    """Some rows of figures cannot be kept; ``rows`` says why, by article. Nothing was written."""

    def __init__(self, rows: dict[int, str]) -> None:
        super().__init__(f"有 {len(rows)} 行没有存：原因写在各行，改好后再保存。全部都还没有存。")
        self.rows = rows


def add_article(*, code: str, facts: ArticleFacts, by: User, now: datetime) -> Article:
    """A new article; an empty code becomes one made of its day.

    Raises Invalid for facts that cannot be, Conflict for a code that is taken.
    """
    code = code.strip() or free_code(facts.published_on)
    if len(code) > 40 or "/" in code or not code.isprintable():
        raise Invalid("推文编号要写 1 到 40 个字，不能有斜杠和换行。")
    _check(facts)
    try:
        with transaction.atomic():
            article = Article.objects.create(code=code, **asdict(facts))
            _record("add_article", article, by=by, now=now, details=_shown(facts))
    except IntegrityError:
        _refuse_taken_msgid(facts)
        raise Conflict(f"已经有编号为“{code}”的推文：请换一个编号，或空着由系统编。") from None
    return article


def change_article(*, article: Article, facts: ArticleFacts, by: User, now: datetime) -> bool:
    """Change title, category and day; whether anything changed. Code and figures stay.

    Raises Invalid for facts that cannot be, and for a day that would leave figures entered before
    their seven days; Conflict for a number at WeChat that another article has.
    """
    _check(facts)
    try:
        with transaction.atomic():
            return _change(article.pk, facts, by=by, now=now)
    except IntegrityError:
        _refuse_taken_msgid(facts, but=article.pk)
        raise Conflict("没有保存：这篇推文刚由别人改过，请刷新页面再改。") from None


def _change(pk: int, facts: ArticleFacts, *, by: User, now: datetime) -> bool:
    row = Article.objects.select_for_update().get(pk=pk)
    changes = {
        each.name: {"was": getattr(row, each.name), "now": getattr(facts, each.name)}
        for each in fields(facts)
        if getattr(row, each.name) != getattr(facts, each.name)
    }
    if not changes:
        return False
    for name, change in changes.items():
        setattr(row, name, change["now"])
    if row.reads is not None and not is_due(row, today=business_day(now)):
        raise Invalid(
            f"发布日期改到{day_text(row.published_on)}就还没有满 7 天，而阅读量已经填了："
            "请核对日期，或先清掉阅读量。"
        )
    row.save(update_fields=list(changes))
    _record("change_article", row, by=by, now=now, details=changes)
    return True


def enter_figures(*, figures: Sequence[Figures], by: User, now: datetime) -> int:
    """Keep reads and follows typed by hand, all or none; how many articles changed.

    A row in which nothing was typed is left alone, whatever others did meanwhile. Raises Unkept
    with a sentence a row for an article whose seven days are not over, and for one whose figures
    somebody else changed since the page was opened.
    """
    typed = [each for each in figures if _changes(each)]
    with transaction.atomic():
        rows = {
            row.pk: row
            for row in Article.objects.select_for_update()
            .filter(pk__in=[each.article for each in typed])
            .order_by("pk")
        }
        faults = {
            each.article: fault
            for each in typed
            if (fault := _figure_fault(each, rows.get(each.article), today=business_day(now)))
        }
        if faults:
            raise Unkept(faults)
        for each in typed:
            _keep_figures(each, rows[each.article], by=by, now=now)
    return len(typed)


def free_code(day: date) -> str:
    """A code that nobody has: ``TW20261017``, then ``TW20261017-2``."""
    stem = f"TW{day:%Y%m%d}"
    taken = set(Article.objects.filter(code__startswith=stem).values_list("code", flat=True))
    tries = (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3)))
    return next(code for code in tries if code not in taken)


def _changes(each: Figures) -> dict[str, dict[str, int | None]]:
    """What was typed, by figure."""
    return {
        name: {"was": getattr(each, f"was_{name}"), "now": getattr(each, name)}
        for name in FIGURES
        if getattr(each, name) != getattr(each, f"was_{name}")
    }


def _figure_fault(each: Figures, row: Article | None, *, today: date) -> str:
    if row is None:
        return "这篇推文已经不在了：请刷新这一页。"
    if not is_due(row, today=today):
        return f"{day_text(due_on(row))}才满 7 天：到那一天再填。"
    for name, change in _changes(each).items():
        value = change["now"]
        if value is not None and not 0 <= value < MOST:
            return f"{DIGITS}：请核对。"
        present = getattr(row, name)
        if present not in (change["was"], value):
            shown = "空" if present is None else f"{present:,}"
            return f"{FIGURES[name]}刚被别人改为 {shown}：请刷新这一页，核对后再填。"
    return ""


def _keep_figures(each: Figures, row: Article, *, by: User, now: datetime) -> None:
    changes = _changes(each)
    for name, change in changes.items():
        setattr(row, name, change["now"])
    row.save(update_fields=list(changes))
    details = {**changes, "source": BY_HAND}
    _record("enter_reads", row, by=by, now=now, details=details)


def _check(facts: ArticleFacts) -> None:
    if not facts.title.strip() or len(facts.title) > 200:
        raise Invalid("推文标题要写 1 到 200 个字。")
    if facts.category not in Article.Category.values:
        raise Invalid("请选推文的类别。")
    if facts.wechat_msgid and not is_msgid(facts.wechat_msgid):
        raise Invalid("微信图文编号要写成 2247490098_1 这样：数字、下划线、第几篇。")


def _refuse_taken_msgid(facts: ArticleFacts, *, but: int | None = None) -> None:
    """WeChat's number of an article belongs to one article only."""
    same = Article.objects.exclude(wechat_msgid="").filter(wechat_msgid=facts.wechat_msgid)
    taken = same.exclude(pk__in=[but] if but else []).first()
    if taken:
        raise Conflict(
            f"微信图文编号 {facts.wechat_msgid} 已经属于推文“{taken}”：请核对，"
            "两篇不能是同一个编号。"
        )


def _shown(facts: ArticleFacts) -> dict[str, Any]:
    return {name: str(value) for name, value in asdict(facts).items()}


def _record(
    act: str, article: Article, *, by: User, now: datetime, details: dict[str, Any]
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        obj=article,
        by=by,
        now=now,
        details={"code": article.code, **details},
    )

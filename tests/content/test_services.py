"""Articles and their figures: what is kept, what is refused, what the trail says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from accounts.models import User
from content.models import Article
from content.services import (
    ArticleFacts,
    Figures,
    Unkept,
    add_article,
    change_article,
    enter_figures,
)
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db

DUE, NOT_DUE = date(2026, 10, 27), date(2026, 10, 28)  # now is 3 November
FACTS = ArticleFacts("秋季养生", "campaign", DUE)


def make(code: str, day: date = DUE, **fields: Any) -> Article:
    return Article.objects.create(
        code=code, title=code, category="campaign", published_on=day, **fields
    )


def typed(article: Article, reads: int | None, *, was: int | None = None) -> Figures:
    return Figures(article.pk, reads, None, was, None)


def test_article_is_added_with_a_code_of_its_day(copy: User, now: datetime) -> None:
    assert add_article(code="", facts=FACTS, by=copy, now=now).code == "TW20261027"
    assert add_article(code=" ", facts=FACTS, by=copy, now=now).code == "TW20261027-2"
    entry = AuditEntry.objects.filter(act="add_article").earliest("pk")
    assert entry.details["published_on"] == "2026-10-27"
    assert entry.actor == copy


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("a/b", FACTS),
        ("x" * 41, FACTS),
        ("A1", ArticleFacts(" ", "campaign", DUE)),
        ("A1", ArticleFacts("标题", "gossip", DUE)),
    ],
)
def test_article_that_cannot_be_is_refused(
    code: str, facts: ArticleFacts, copy: User, now: datetime
) -> None:
    with pytest.raises(Invalid):
        add_article(code=code, facts=facts, by=copy, now=now)
    assert not Article.objects.exists()


def test_code_that_is_taken_is_refused(copy: User, now: datetime) -> None:
    make("A1")
    with pytest.raises(Conflict, match="已经有编号为“A1”的推文"):
        add_article(code="A1", facts=FACTS, by=copy, now=now)


def test_number_at_wechat_belongs_to_one_article(copy: User, now: datetime) -> None:
    ours = make("A1", wechat_msgid="2247_1")
    facts = ArticleFacts("冬至", "welfare", DUE, wechat_msgid="2247_1")
    with pytest.raises(Conflict, match="已经属于推文“A1 A1”"):
        add_article(code="A2", facts=facts, by=copy, now=now)
    with pytest.raises(Conflict, match="已经属于"):
        change_article(article=make("A3"), facts=facts, by=copy, now=now)
    assert change_article(article=ours, facts=facts, by=copy, now=now)
    with pytest.raises(Invalid, match="2247490098_1"):
        change_article(
            article=ours,
            facts=ArticleFacts("冬至", "welfare", DUE, wechat_msgid="abc"),
            by=copy,
            now=now,
        )


def test_change_tells_before_and_after(copy: User, now: datetime) -> None:
    article = make("A1")
    assert change_article(article=article, facts=FACTS, by=copy, now=now)
    assert not change_article(article=article, facts=FACTS, by=copy, now=now)
    entry = AuditEntry.objects.get(act="change_article")
    assert entry.details == {"code": "A1", "title": {"was": "A1", "now": "秋季养生"}}


def test_day_that_would_leave_figures_before_their_time_is_refused(
    copy: User, now: datetime
) -> None:
    article = make("A1", reads=5)
    facts = ArticleFacts("A1", "campaign", NOT_DUE)
    with pytest.raises(Invalid, match="还没有满 7 天"):
        change_article(article=article, facts=facts, by=copy, now=now)
    article.refresh_from_db()
    assert article.published_on == DUE


def test_figures_are_kept_with_who_and_that_they_were_typed_by_hand(
    copy: User, now: datetime
) -> None:
    first, second = make("A1"), make("A2")
    kept = enter_figures(figures=[typed(first, 8650), typed(second, None)], by=copy, now=now)
    assert kept == 1
    first.refresh_from_db()
    assert first.reads == 8650
    entry = AuditEntry.objects.get(act="enter_reads")
    assert (entry.actor, entry.at) == (copy, now)
    assert entry.details == {
        "code": "A1",
        "reads": {"was": None, "now": 8650},
        "source": "手工录入",
    }


def test_correction_keeps_what_stood_before(copy: User, planner: User, now: datetime) -> None:
    article = make("A1")
    enter_figures(figures=[typed(article, 8650)], by=copy, now=now)
    enter_figures(figures=[typed(article, 8560, was=8650)], by=planner, now=now)
    enter_figures(figures=[typed(article, 8560, was=8560)], by=planner, now=now)
    entries = AuditEntry.objects.filter(act="enter_reads").order_by("pk")
    assert [each.details["reads"] for each in entries] == [
        {"was": None, "now": 8650},
        {"was": 8650, "now": 8560},
    ]


def test_figures_before_the_seven_days_are_refused_and_nothing_is_kept(
    copy: User, now: datetime
) -> None:
    due, early = make("A1"), make("A2", NOT_DUE)
    with pytest.raises(Unkept) as refused:
        enter_figures(figures=[typed(due, 1), typed(early, 2)], by=copy, now=now)
    assert set(refused.value.rows) == {early.pk}
    assert "11月4日" in refused.value.rows[early.pk]
    due.refresh_from_db()
    assert due.reads is None
    assert not AuditEntry.objects.exists()


def test_figure_that_somebody_changed_meanwhile_is_not_overwritten(
    copy: User, planner: User, now: datetime
) -> None:
    article, other = make("A1"), make("A2")
    enter_figures(figures=[typed(article, 100)], by=planner, now=now)
    with pytest.raises(Unkept) as refused:
        enter_figures(figures=[typed(article, 200), typed(other, 5)], by=copy, now=now)
    assert "刚被别人改为 100" in refused.value.rows[article.pk]
    # A page opened before does not empty what others typed: the row was left alone on it.
    assert enter_figures(figures=[typed(article, None), typed(other, 5)], by=copy, now=now) == 1
    article.refresh_from_db()
    assert article.reads == 100


@pytest.mark.parametrize("value", [-1, 10**12])
def test_figure_that_cannot_be_is_refused(value: int, copy: User, now: datetime) -> None:
    article = make("A1")
    with pytest.raises(Unkept):
        enter_figures(figures=[typed(article, value)], by=copy, now=now)

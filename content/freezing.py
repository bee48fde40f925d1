"""Reads at seven days, frozen by themselves once WeChat has counted them (docs/rules.md §6).

What a person typed is never overwritten. An article without its number at WeChat, or of an account
without the interface, keeps waiting for a person to type the figure.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.models import Article
from content.selectors import FROZEN_AFTER
from content.services import STREAM
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.wechat.statistics.selectors import seven_days


def freeze_reads(*, now: datetime) -> list[str]:
    """Keep the reads of articles whose seven days are told; the codes of those that were."""
    due = list(
        Article.objects.filter(
            reads=None, published_on__lte=business_day(now) - FROZEN_AFTER
        ).exclude(wechat_msgid="")
    )
    told = seven_days([article.wechat_msgid for article in due])
    frozen: list[str] = []
    for article in due:
        found = told.get(article.wechat_msgid)
        if found is None:
            continue
        with transaction.atomic():
            rows = Article.objects.filter(pk=article.pk, reads=None)
            if not rows.update(reads=found.reads):  # a person was first
                continue
            audit.record(
                stream=STREAM,
                act="freeze_reads",
                obj=article,
                by=None,
                now=now,
                details={
                    "code": article.code,
                    "reads": {"was": None, "now": found.reads},
                    "source": f"微信统计：发布 7 天的{found.counts}",
                },
            )
        frozen.append(article.code)
    return frozen

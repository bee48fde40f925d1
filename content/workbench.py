"""What waits for the copy editor: months with articles whose figure has not been entered."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.rules import has_role
from content.models import Article
from content.selectors import ASSESSED, FIGURES, FROZEN_AFTER, due_on
from haitang.kernel.addresses import address
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.prepared import prepared
from haitang.kernel.workbench import Urgency, WorkItem
from haitang.policy.selectors import policy_for

# Months older than this are settled; an article that was forgotten then waits no longer.
REACH = timedelta(days=100)
NAMED = 2
enters_reads = has_role(Role.COPY)


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Months with assessed articles older than 7 days that lack the figure today's policy asks for.

    Two queries.
    """
    if not enters_reads(user):
        return []
    today = business_day(now)
    figure = str(policy_for(Month.of(today)).options["attention"])
    by_month: dict[Month, list[Article]] = defaultdict(list)
    for article in _without(figure, after=today - REACH, until=today - FROZEN_AFTER):
        by_month[Month.of(article.published_on)].append(article)
    return [_item(month, missing, FIGURES[figure]) for month, missing in by_month.items()]


@prepared
def _without(figure: str, *, after: Any, until: Any) -> QuerySet[Article]:
    return Article.objects.filter(
        **{figure: None},
        category__in=ASSESSED,
        published_on__gt=after,
        published_on__lte=until,
    ).order_by("published_on", "code")


def _item(month: Month, missing: list[Article], figure: str) -> WorkItem:
    names = "、".join(f"“{article.title}”" for article in missing[:NAMED])
    which = names if len(missing) <= NAMED else f"{names}等 {len(missing)} 篇推文"
    return WorkItem(
        kind="reads_missing",
        title=f"{month_text(month)}的{which}发布已满 7 天，还没有填{figure}："
        "请在公众号后台查到后填上。",
        url=f"{address('reads')}?month={month}",
        action=f"填{figure}",
        urgency=Urgency.SOON,
        since=due_on(missing[0]),
        count=len(missing),
    )

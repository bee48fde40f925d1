"""What waits for the copy editor: articles whose figure has not been entered."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.rules import has_role
from content.models import Article
from haitang.kernel.clock import Month, business_day
from haitang.kernel.workbench import Urgency, WorkItem
from haitang.policy.selectors import policy_for

# docs/rules.md §6: reads are frozen 7 days after publication.
FROZEN_AFTER = timedelta(days=7)
# Months older than this are settled; an article that was forgotten then waits no longer.
REACH = timedelta(days=100)
SHOWN = 5
enters_reads = has_role(Role.COPY)
_FIGURES = {"reads": "阅读量", "follows": "新增关注人数"}


def workbench_items(user: User, now: datetime) -> list[WorkItem]:
    """Assessed articles older than 7 days without the figure that the policy of today asks for.

    Two queries.
    """
    if not enters_reads(user):
        return []
    today = business_day(now)
    figure = str(policy_for(Month.of(today)).options["attention"])
    missing = list(
        Article.objects.filter(
            **{figure: None},
            category__in=[Article.Category.CAMPAIGN, Article.Category.WELFARE],
            published_on__gt=today - REACH,
            published_on__lte=today - FROZEN_AFTER,
        ).order_by("published_on", "code")
    )
    return [
        WorkItem(
            kind="reads_missing",
            title=f"推文“{article.title}”发布已满 7 天，还没有{_FIGURES[figure]}："
            "请在公众号后台查到后交给管理员补录。",
            url=reverse("month", args=[Month.of(article.published_on)]),
            action="看当月结算",
            urgency=Urgency.SOON,
            since=article.published_on + FROZEN_AFTER,
        )
        for article in missing[:SHOWN]
    ] + _rest(len(missing) - SHOWN)


def _rest(number: int) -> list[WorkItem]:
    if number <= 0:
        return []
    return [
        WorkItem(
            kind="reads_missing",
            title=f"另有 {number} 篇推文也缺这个数字，补完上面的会依次出现。",
            url="",
            action="",
            urgency=Urgency.LATER,
            count=number,
        )
    ]

"""The articles, known to campaigns through their foreign key only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Campaign
from haitang.kernel.prepared import prepared

# An article that announces or reports a campaign appears near it.
NEAR = timedelta(days=60)
OFFERED = 200


def articles() -> QuerySet[Any]:
    """All articles."""
    model: Any = Campaign._meta.get_field("article").related_model
    found: QuerySet[Any] = model._default_manager.all()
    return found


def articles_near(day: date | None) -> list[tuple[str, str]]:
    """(code, title) of the articles to choose from, newest first; near that day where given."""
    return _near(first=day - NEAR, last=day + NEAR) if day else _near()


@prepared
def _near(**range_: Any) -> QuerySet[Any, tuple[str, str]]:
    found = articles().order_by("-published_on", "code")
    if range_:
        found = found.filter(published_on__range=(range_["first"], range_["last"]))
    return found.values_list("code", "title")[:OFFERED]

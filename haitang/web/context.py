"""What every page needs: who is here and which parts of the product this person may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from accounts import rules


@dataclass(frozen=True)
class Entry:
    """One entry of the main navigation."""

    name: str
    url: str
    current: bool


_ENTRIES = (
    ("工作台", "home", rules.anyone),
    ("结算", "months", rules.may_see_months),
    ("活动", "campaigns", rules.may_see_campaigns),
    ("门店", "stores", rules.may_see_campaigns),
    ("日历", "calendar-now", rules.may_see_campaigns),
    ("数据", "imports", rules.may_see_imports),
    ("人员", "people", rules.may_see_people),
    ("代理", "deputies", rules.anyone),
    ("记录", "audit", rules.may_see_audit),
    (
        "制度",
        "policy",
        rules.is_team | rules.is_manager | rules.is_finance | rules.is_administrator,
    ),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """The entries of the main navigation that this person may open, the person and the roles."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "navigation": [
            Entry(name, url, _is_current(request.path, url))
            for name, url in (
                (name, reverse(view)) for name, view, allowed in _ENTRIES if allowed(user)
            )
        ],
        "person": str(user),
        "person_url": reverse("person", args=[user.pk]),
        "person_roles": rules.standing(user).names,
    }


def _is_current(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)

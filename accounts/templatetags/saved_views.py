"""``{% saved_views "campaigns" %}``: the person's saved filters of this list, as chips."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import QuerySet

from accounts.models import SavedView, User
from accounts.services.saved_views import NAME_LENGTH, plain_query
from haitang.kernel.prepared import prepared

register = template.Library()


@prepared
def _kept(*, user: Any, page: Any) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user, page=page).order_by("name")


@register.inclusion_tag("accounts/saved_views.html", takes_context=True)
def saved_views(context: Any, page: str) -> dict[str, Any]:
    """What the chips show; ``page`` is the name of the list's address. One query."""
    request = context["request"]
    user: User = request.user
    present = plain_query(request.GET.urlencode())
    kept = _kept(user=user.pk, page=page)
    return {
        "views": kept,
        "page": page,
        "present": present,
        "is_kept": any(each.query == present for each in kept),
        "name_length": NAME_LENGTH,
        "csrf_token": context.get("csrf_token"),
    }

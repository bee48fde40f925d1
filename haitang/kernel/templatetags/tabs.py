"""``{% tabs "wechat" %}``: the pages of that work which this person may open."""

from __future__ import annotations

from typing import Any

from django import template

from haitang.kernel.tabs import shown

register = template.Library()


@register.inclusion_tag("tabs.html", takes_context=True)
def tabs(context: Any, *bars: str, here: str = "") -> dict[str, Any]:
    """The tabs of the first of these that has any for the person.

    A page that is none itself says by ``here`` to which it belongs.
    """
    request = context["request"]
    here = here or request.resolver_match.view_name
    found = (shown(bar, user=request.user, here=here) for bar in bars)
    return {"tabs": next((each for each in found if each), [])}

"""``{% customer_files_link campaign %}``: the way from a campaign to its participants' files."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html

from campaigns.models import Campaign
from haitang.kernel.addresses import address
from membership import rules

register = template.Library()


@register.simple_tag(takes_context=True)
def customer_files_link(context: Any, campaign: Campaign) -> str:
    """The button, for who may read the files; else nothing."""
    if not rules.may_see_participants(context["request"].user):
        return ""
    page = address("participants", campaign.code)
    return format_html('<a class="btn quiet" href="{}">客户档案</a>', page)

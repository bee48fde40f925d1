"""Template filters: ``{{ amount|yuan }}``, ``{{ day|day }}``; see haitang/kernel/display.py."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import template

from haitang.kernel import clock, display

register = template.Library()

register.filter("yuan", display.yuan_text)
register.filter("signed_yuan", display.signed_yuan)
register.filter("number", display.number)
register.filter("signed_number", display.signed_number)
register.filter("percent", display.percent)
register.filter("month", display.month_text)
register.filter("fen", display.fen_text)
register.filter("milli", display.milli_text)


@register.filter
def day(value: date | str, year: int | None = None) -> str:
    """``10月17日 周六``; with the year when it is not ``year`` (default: the present one)."""
    return display.day_text(value, year=year or clock.business_day(clock.now()).year)


@register.filter
def cell_day(value: date, campaign_start: date) -> str:
    """A day in the narrow cell of a strip: ``10月17日周六``; of another year ``2025-10-17``."""
    if value.year != campaign_start.year:
        return value.isoformat()
    return display.day_text(value, year=value.year).replace(" ", "")


@register.filter
def moment(value: datetime) -> str:
    """``10月17日 14:05``; with the year when it is another."""
    return display.moment_text(value, year=clock.business_day(clock.now()).year)


@register.filter
def tone(value: object) -> str:
    """The class of a rise or a fall; none for zero. The sign is in the figure itself."""
    amount = display.decimal_of(value)
    return "up" if amount > 0 else "down" if amount < 0 else ""


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: object) -> str:
    """The present query string with changes; an empty value takes the key out."""
    request = context["request"]
    pairs = {key: value for key, value in request.GET.items() if key not in changes}
    pairs |= {key: str(value) for key, value in changes.items() if value not in (None, "")}
    return f"?{urlencode(pairs)}" if pairs else "?"

"""Cells of which a page has hundreds, written in Python: a template takes ten times as long.

Kinds and marks are the product's own words; what people wrote is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape

from django import template
from django.utils.safestring import SafeString

from campaigns.explain import Cell
from campaigns.year import YearDay
from haitang.kernel.addresses import address
from haitang.kernel.templatetags.show import cell_day

register = template.Library()
_ANY_DAY = date(2000, 1, 1)


@register.simple_tag
def year_cell(day: YearDay | None, *, may_edit: bool, chosen: str) -> SafeString:
    """A day of the calendar page; who may edit can choose it (``chosen``: the one chosen)."""
    if day is None:
        return SafeString("<td></td>")
    sentence = escape(day.sentence)
    shown = f"<b>{day.day.day}</b><i>{day.marks}</i>"
    if may_edit:
        iso = day.day.isoformat()
        current = ' aria-current="true"' if iso == chosen else ""
        shown = (
            f'<a href="?day={iso}&amp;kind={day.kind}#edit"{current}>{shown}'
            f'<span class="visually-hidden">{sentence}，点选修改</span></a>'
        )
    return SafeString(f'<td class="{day.classes}" title="{sentence}">{shown}</td>')


@register.simple_tag
def strip_cells(cells: Iterable[Cell], *, store: str, start: date, with_links: bool) -> SafeString:
    """The days of a calendar strip, each a way to that store-day for who may see its sales."""
    days = escape(address("store-day", store, _ANY_DAY).removesuffix(f"{_ANY_DAY}/"))
    written = []
    for cell in cells:
        shown = f"{cell_day(cell.date, start)}<b>{escape(cell.figure)}</b>{escape(cell.label)}"
        written.append(
            f'<li><a class="cell {cell.kind}" href="{days}{cell.date}/">{shown}</a></li>'
            if with_links
            else f'<li><span class="cell {cell.kind}">{shown}</span></li>'
        )
    return SafeString("".join(written))

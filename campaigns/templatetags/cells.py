"""Cells of which a page has hundreds, written in Python: a template takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns.explain import Cell
from campaigns.year import YearDay
from haitang.kernel.templatetags.show import cell_day

register = template.Library()
_ANY_DAY = date(2000, 1, 1)


@register.simple_tag
def year_cell(day: YearDay | None, *, may_edit: bool, chosen: str) -> SafeString:
    """A day of the calendar page; who may edit can choose it (``chosen``: the one chosen)."""
    if day is None:
        return format_html("<td>{}</td>", "")
    sentence, marks = day.sentence, day.marks
    shown = format_html("<b>{}</b><i>{}</i>", day.day.day, marks)
    if may_edit:
        iso = day.day.isoformat()
        shown = format_html(
            '<a href="?day={}&amp;kind={}#edit"{}>{}<span class="visually-hidden">{}，点选修改'
            "</span></a>",
            iso,
            day.kind,
            format_html(' aria-current="{}"', "true") if iso == chosen else "",
            shown,
            sentence,
        )
    return format_html('<td class="{}" title="{}">{}</td>', day.classes, sentence, shown)


@register.simple_tag
def strip_cells(cells: Iterable[Cell], *, store: str, start: date, with_links: bool) -> SafeString:
    """The days of a calendar strip, each a way to that store-day for who may see its sales."""
    rows = ((each.kind, cell_day(each.date, start), each.figure, each.label) for each in cells)
    if not with_links:
        return format_html_join("", '<li><span class="cell {}">{}<b>{}</b>{}</span></li>', rows)
    address = reverse("store-day", args=[store, _ANY_DAY]).removesuffix(f"{_ANY_DAY}/")
    return format_html_join(
        "",
        '<li><a class="cell {}" href="{}{}/">{}<b>{}</b>{}</a></li>',
        (
            (kind, address, each.date, *rest)
            for each, (kind, *rest) in zip(cells, rows, strict=True)
        ),
    )

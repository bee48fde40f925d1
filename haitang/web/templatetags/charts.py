"""``{% chart spec name="…" label="…" %}``: a chart whose figures stand in a table beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template

from haitang.web.finders import chart_library

register = template.Library()


@register.inclusion_tag("chart.html")
def chart(spec: Mapping[str, Any], *, name: str, label: str) -> dict[str, object]:
    """A figure that static/js/charts.js draws, with a button that saves it as ``name``.png.

    ``spec`` holds ``categories`` and ``series`` (name, tone, values as text), see charts.js;
    ``label`` says in a sentence what is to be seen, for those who do not see it. Without the
    component the figure is a sentence that points to the table.
    """
    return {
        "spec": json.dumps(spec, ensure_ascii=False),
        "name": name,
        "label": label,
        "library": chart_library(),
    }

"""Templates say the same as under Django's own nodes, for all ways in which a value is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, Origin, Template
from django.template.loaders.locmem import Loader as Locmem
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe

from accounts.roles import Role
from haitang.web.templating import LeanTemplate

pytestmark = pytest.mark.once


class Thing:
    name = "甲 & 乙"
    none = None

    def method(self) -> str:
        return "<called>"

    def needs(self, argument: str) -> str:
        return argument

    def changes(self) -> str:
        raise AssertionError("a template must not call this")

    changes.alters_data = True  # type: ignore[attr-defined]

    @property
    def broken(self) -> str:
        raise AttributeError("no such thing inside")

    @property
    def missing_quietly(self) -> str:
        raise _Quiet

    def breaks(self) -> str:
        raise ValueError("broken")


class _Quiet(Exception):
    silent_variable_failure = True


def _context() -> dict[str, Any]:
    return {
        "text": "<b> & \"'",
        "safe": mark_safe("<b>"),
        "later": lazystr("<i>"),
        "none": None,
        "yes": True,
        "count": 1234567,
        "share": 0.5,
        "money": Decimal("1234.50"),
        "day": date(2026, 10, 17),
        "moment": datetime(2026, 10, 17, 12, 0, tzinfo=UTC),
        "row": {"name": "行", "items": "值", "1": "一"},
        "keyed": {"k": "<v>"},
        "rows": [{"n": 1}, {"n": 2}, {"n": 3}],
        "pairs": [("a", "<1>"), ("b", 2)],
        "wrong": [("a", 1, 2)],
        "empty": [],
        "letters": "abc",
        "gone": iter([1, 2]),
        "thing": Thing(),
        "plain": SimpleNamespace(x=SimpleNamespace(y="deep")),
        "call": lambda: {"x": "called"},
        "role": Role.COPY,
        "Role": Role,
        "forloop_free": "outside",
    }


SAME = [
    "{{ text }}{{ safe }}{{ later }}{{ none }}{{ yes }}{{ count }}{{ share }}{{ money }}",
    "{{ day }} {{ moment }} {{ rows }} {{ thing.name }} {{ thing.none }} {{ thing.method }}",
    "{% autoescape off %}{{ text }}{{ thing.method }}{{ text|upper }}{% endautoescape %}",
    "{{ row.name }}{{ row.items }}{{ row.1 }}{{ row.gone }}{{ rows.1.n }}{{ rows.7.n }}",
    "{{ letters.1 }}{{ letters.name }}{{ plain.x.y }}{{ plain.x.z }}{{ missing }}{{ missing.x }}",
    "{{ call.x }}{{ call }}{{ thing.needs }}{{ thing.changes }}{{ thing.missing_quietly }}",
    "{{ role }}{{ role.label }}{{ Role.COPY.label }}{{ Role.COPY }}",
    "{{ text|upper }}{{ safe|upper }}{{ safe|lower }}{{ missing|default:text }}",
    "{{ none|default:'<i>' }}{{ text|default_if_none:\"x\" }}{{ rows|length }}{{ text|safe }}",
    "{{ text|truncatechars:3 }}{{ pairs|join:text }}{{ text|linebreaksbr }}{{ 'a\\'b<' }}",
    "{{ moment|date:'H:i' }}{{ day|date:'Y-m-d' }}{{ count|add:'1' }}{{ 7 }}{{ 7.5 }}{{ '<' }}",
    "{{ _('Yes') }}{{ _('Yes')|upper }}{{ True }}{{ None }}{{ False }}",
    "{% for row in rows %}{{ forloop.counter }}/{{ forloop.revcounter }}{{ row.n }}"
    "{% if forloop.first %}<{% elif forloop.last %}>{% else %}|{% endif %}{% endfor %}",
    "{% for row in rows reversed %}{{ forloop.counter0 }}"
    "{{ forloop.revcounter0 }}{{ row.n }}{% endfor %}",
    "{% for a, b in pairs %}{{ a }}={{ b }}{% with c=a %}{{ c }}{% endwith %}{% endfor %}{{ a }}",
    "{% for a, b in pairs %}{% cycle 'x' 'y' as z %}{{ z }}{% endfor %}[{{ z }}]",
    "{% for row in rows %}{% firstof row.n as z %}{{ z }}{% endfor %}[{{ z }}]",
    "{% for row in rows %}{% for letter in letters %}{{ forloop.parentloop.counter }}{{ letter }}"
    "{% ifchanged row.n %}!{% endifchanged %}{% endfor %}{% endfor %}",
    "{% for x in empty %}{{ x }}{% empty %}nothing{{ text }}{% endfor %}",
    "{% for x in none %}x{% empty %}void{% endfor %}{% for x in missing %}x{% endfor %}",
    "{% for x in gone %}{{ x }}{% endfor %}{% for k, v in keyed.items %}{{ k }}{% endfor %}",
    "{% for letter in 'ab' %}{{ letter }}{% endfor %}{{ letter }}",
    "{% if missing %}a{% elif none %}b{% elif rows|length > 2 and not empty %}c{% endif %}",
    "{% if missing.x == none %}a{% endif %}{% if 'b' in letters %}b{% endif %}"
    "{% if yes %}c{% endif %}",
    "{% if text|length > 3 or missing %}a{% endif %}{% if missing > 3 %}b{% else %}c{% endif %}",
    "{% with a=thing.method b=text|upper %}{{ a }}{{ b }}{% endwith %}{{ forloop_free }}",
    "{% load static %}{% static 'css/base.css' %}{% static text %}{% static 'a&b' as x %}{{ x }}",
    "{% include 'part' with x=text only %}{% include 'part' %}",
    "{% extends 'whole' %}{% block inner %}{{ block.super }}{{ text }}{% endblock %}",
    "{% filter upper %}{{ text }}x{% endfilter %}"
    "{% spaceless %}<p> <b>{{ text }}</b> </p>{% endspaceless %}",
    "{% comment %}{{ nothing }}{% endcomment %}{# none #}{% verbatim %}{{ x }}{% endverbatim %}",
    "{% url 'home' %}{% url 'campaign' 'C&1' %}{% url 'months' as m %}{{ m }}{% csrf_token %}",
    "{% load show %}{{ money|yuan }}{{ count|number }}{{ '2026-10'|month }}{{ day|day:2026 }}",
]
BREAKING = [
    "{{ thing.broken }}",
    "{{ thing.breaks }}",
    "{% for a, b in wrong %}{{ a }}{% endfor %}",
    "{% for a, b in rows %}{{ a }}{% endfor %}",
    "{% for x in count %}{{ x }}{% endfor %}",
    "{{ text|truncatechars:thing.breaks }}",
    "{% url 'no-such-page' %}",
]
OTHERS = {"part": "[{{ x }}{{ text }}]", "whole": "a{% block inner %}{{ count }}{% endblock %}z"}


def _rendered(kind: Callable[..., Template], source: str) -> str:
    engine = Engine(
        libraries={
            "static": "django.templatetags.static",
            "show": "haitang.kernel.templatetags.show",
        },
        builtins=["haitang.web.templatetags.addresses"],
        loaders=[(f"{__name__}.Others", OTHERS)],
    )
    engine.template_loaders[0].kind = kind  # type: ignore[attr-defined]
    return str(kind(source, Origin("here"), "here", engine).render(Context(_context())))


class Others(Locmem):
    """The templates that others extend and include, of the kind in question."""

    kind: Callable[..., Template]

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        found = super().get_template(template_name, skip)
        return self.kind(found.source, found.origin, template_name, self.engine)


@pytest.mark.parametrize("source", SAME)
def test_a_template_says_what_django_says(source: str) -> None:
    assert _rendered(LeanTemplate, source) == _rendered(Template, source)


@pytest.mark.parametrize("source", BREAKING)
def test_a_template_breaks_as_it_does_under_django(source: str) -> None:
    with pytest.raises(Exception) as expected:  # noqa: PT011  (whatever Django raises)
        _rendered(Template, source)
    with pytest.raises(type(expected.value)) as raised:
        _rendered(LeanTemplate, source)
    assert str(raised.value) == str(expected.value)


def test_the_product_uses_these_nodes_unless_it_is_debugged() -> None:
    def base(debug: bool) -> type[Template]:
        options = settings.TEMPLATES[0]["OPTIONS"]
        names = {"loaders": options["loaders"], "builtins": options["builtins"]}
        engine = Engine(dirs=settings.TEMPLATES[0]["DIRS"], debug=debug, **names)
        engine.template_libraries = engine.get_template_libraries(
            {"static": "django.templatetags.static"}
        )
        return type(engine.get_template("base.html"))

    assert base(debug=False) is LeanTemplate
    assert base(debug=True) is Template

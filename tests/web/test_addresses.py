"""``{% url %}`` writes what Django's own tag writes, whatever was asked for before."""

from __future__ import annotations

from datetime import date

import pytest
from django.template import engines
from django.urls import NoReverseMatch, reverse, set_script_prefix

from haitang.kernel.addresses import address
from haitang.kernel.clock import Month


@pytest.mark.parametrize(
    ("view", "args"),
    [
        ("home", []),
        ("month", [Month(2026, 10)]),
        ("person", [7]),
        ("campaign", ["双 11&<b>/甲"]),
        ("store-day", ["S1", date(2026, 10, 17)]),
    ],
)
def test_address_is_that_of_reverse(view: str, args: list[object]) -> None:
    assert [address(view, *args), address(view, *args)] == [reverse(view, args=args)] * 2


def test_address_follows_the_prefix_of_the_request() -> None:
    before = address("months")
    set_script_prefix("/shop/")
    try:
        assert address("months") == "/shop/months/"
    finally:
        set_script_prefix("/")
    assert address("months") == before == "/months/"


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("{% url 'campaign' code %}", "/campaigns/A&#x27;1/"),
        ("{% autoescape off %}{% url 'campaign' code %}{% endautoescape %}", "/campaigns/A'1/"),
        ("{% url 'months' as there %}[{{ there }}]", "[/months/]"),
        ("{% url 'nowhere' as there %}[{{ there }}]", "[]"),
        ("{% url 'admin:index' %}", "/django-admin/"),
    ],
)
def test_tag_writes_what_djangos_own_writes(tag: str, written: str) -> None:
    template = engines["django"].from_string(tag)
    assert [template.render({"code": "A'1"}) for _ in range(2)] == [written] * 2


def test_tag_with_an_unknown_name_fails() -> None:
    with pytest.raises(NoReverseMatch):
        engines["django"].from_string("{% url 'nowhere' %}").render()

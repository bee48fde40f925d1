"""``{% url %}`` as Django has it, but an address that was made once is kept.

A page writes hundreds of addresses, and Django makes each anew out of the patterns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape

KEPT = 8_192

register = template.Library()


def address(view: str, *args: object) -> str:
    """The path of a view; ``reverse`` of the same words."""
    return _made(get_script_prefix(), view, *map(str, args))


@lru_cache(KEPT)
def _made(prefix: str, view: str, *args: str) -> str:
    """The address below the prefix, which ``reverse`` reads by itself."""
    return reverse(view, args=args)


class AddressNode(URLNode):
    """The node of an address that has a plain name and plain arguments."""

    def render(self, context: Any) -> str:
        """The address, kept from the last time that somebody asked for it."""
        made = address(
            self.view_name.resolve(context), *[arg.resolve(context) for arg in self.args]
        )
        return str(conditional_escape(made)) if context.autoescape else made


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """Django's tag; names in a space, named arguments and ``as`` are left to it."""
    node = django_url(parser, token)
    if node.kwargs or node.asvar or ":" in str(node.view_name.var):
        return node
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)

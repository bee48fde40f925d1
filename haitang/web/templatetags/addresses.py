"""``{% url %}`` as Django has it, but an address that was made once is kept."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.utils.html import conditional_escape

from haitang.kernel.addresses import address

register = template.Library()


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
    """Django's tag; named arguments and ``as`` are left to it.

    So are names of a space whose instances might differ; there is one of the repair pages.
    """
    node = django_url(parser, token)
    name = str(node.view_name.var)
    if node.kwargs or node.asvar or (":" in name and name != "admin:index"):
        return node
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)

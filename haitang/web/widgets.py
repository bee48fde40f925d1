"""How form fields become markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


class Renderer(DjangoTemplates):
    """Django's own, but for a choice: there it renders a template an option, and people, stores
    and acts make hundreds of options a page."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        """The markup of one widget."""
        if template_name == "django/forms/widgets/select.html":
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: Mapping[str, Any]) -> SafeString:
    """What ``select.html`` says, in one piece."""
    groups = "".join(_group(name, of) for name, of, _ in widget["optgroups"])
    name, attributes = conditional_escape(widget["name"]), flatatt(widget["attrs"])
    return SafeString(f'<select name="{name}"{attributes}>{groups}</select>')


def _group(name: str | None, options: list[Mapping[str, Any]]) -> str:
    written = "".join(_option(each["value"], each["label"], each["attrs"]) for each in options)
    return f'<optgroup label="{conditional_escape(name)}">{written}</optgroup>' if name else written


def _option(value: str, label: str, attrs: dict[str, Any]) -> str:
    attributes = flatatt(attrs) if attrs else ""
    value, label = conditional_escape(value), conditional_escape(label)
    return f'<option value="{value}"{attributes}>{label}</option>'

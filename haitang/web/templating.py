"""Django's template language, resolved in fewer steps; templates and what they say stay the same.

A page writes some thousand values, and Django takes a dozen calls for each: half of a page's time
went there (docs/performance.md). Here the common ways are short – a name, its attributes and keys,
filters, a text or a whole number – and whatever else there is goes Django's own way from the
beginning, so that it has the same result or the same error. With ``DEBUG`` on Django does
everything, because only its own nodes say where a template broke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from django.conf import settings
from django.template import Origin, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Node,
    NodeList,
    Parser,
    Template,
    TextNode,
    Token,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import ForNode, IfNode, TemplateLiteral
from django.template.loaders.base import Loader as PlainLoader
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

# What Django catches when a key is asked of something that may have attributes instead.
NO_SUCH_KEY = (TypeError, AttributeError, KeyError, ValueError, IndexError)


class _Reader(PlainLoader):
    """What the loader that keeps templates asks for one that it does not have yet."""

    get_contents: Callable[[Origin], str]

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        if self.engine.debug:
            return super().get_template(template_name, skip)
        tried: list[tuple[Origin, str]] = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                contents = self.get_contents(origin)
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            return LeanTemplate(contents, origin, template_name, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)


class Loader(CachedLoader, _Reader):
    """Finds and keeps templates as Django does."""


class LeanTemplate(Template):
    """A template of the nodes below."""

    def compile_nodelist(self) -> NodeList:
        """The source's nodes."""
        engine = self.engine
        tokens = Lexer(self.source).tokenize()
        parser = LeanParser(
            tokens, engine.template_libraries, engine.template_builtins, self.origin
        )
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


class LeanParser(Parser):
    """Django's parser, which makes the nodes and expressions below."""

    def compile_filter(self, token: str) -> FilterExpression:
        return Expression(token, self)

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        if made := _SHORTER.get(type(node)):
            node = made(node)
        super().extend_nodelist(nodelist, node, token)

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        return Nodes(super().parse(parse_until))


class Nodes(NodeList):
    """A list of nodes; texts stand ready and are not asked."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self.parts: list[Any] = [
            node.s if type(node) is TextNode else node.render for node in nodes
        ]

    def render(self, context: Any) -> SafeString:
        return SafeString(
            "".join([part if type(part) is str else part(context) for part in self.parts])
        )


class Expression(FilterExpression):
    """``name.attribute|filter:argument``."""

    __slots__ = ("attributes", "is_plain", "name", "steps")

    def __init__(self, token: str, parser: Parser) -> None:
        super().__init__(token, parser)
        names: tuple[str, ...] = (self.is_var and self.var.lookups) or ()
        self.is_plain = not self.is_var or not self.var.translate
        self.name, self.attributes = "".join(names[:1]), names[1:]
        self.steps = [_Step(function, given) for function, given in self.filters]

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        """The value in this context."""
        if not self.is_plain:
            return super().resolve(context, ignore_failures)
        if not self.name:
            value = self.var.literal if self.is_var else self.var
        else:
            for layer in reversed(context.dicts):
                if self.name in layer:
                    value = layer[self.name]
                    break
            else:
                return super().resolve(context, ignore_failures)
            try:
                if callable(value):
                    value = _called(value)
                for name in self.attributes:
                    value = _part(value, name)
                    if callable(value):
                        value = _called(value)
            except Exception:  # missing, silent or loud: that is Django's to say
                return super().resolve(context, ignore_failures)
        for step in self.steps:
            value = step.of(value, context)
        return value


def _part(value: Any, name: str) -> Any:
    if hasattr(type(value), "__getitem__"):
        try:
            return value[name]
        except NO_SUCH_KEY:
            pass
    return getattr(value, name)


def _called(value: Any) -> Any:
    if getattr(value, "do_not_call_in_templates", False):
        return value
    if getattr(value, "alters_data", False):
        raise TypeError(f"{value} alters data")
    return value()


class _Step:
    """One filter with its arguments."""

    __slots__ = ("arguments", "function", "is_bare", "is_local", "is_safe", "wants_autoescape")

    def __init__(self, function: Any, given: list[tuple[bool, Any]]) -> None:
        self.function = function
        self.arguments: list[tuple[bool, Any]] = [
            (is_var, arg if is_var else SafeString(arg)) for is_var, arg in given
        ]
        self.is_local = getattr(function, "expects_localtime", False)
        self.wants_autoescape = getattr(function, "needs_autoescape", False)
        self.is_safe = getattr(function, "is_safe", False)
        self.is_bare = not (given or self.is_local or self.wants_autoescape or self.is_safe)

    def of(self, value: Any, context: Any) -> Any:
        """What the filter makes of the value, as Django applies it."""
        if self.is_bare:
            return self.function(value)
        arguments = [arg.resolve(context) if is_var else arg for is_var, arg in self.arguments]
        if self.is_local:
            value = template_localtime(value, context.use_tz)
        named = {"autoescape": context.autoescape} if self.wants_autoescape else {}
        made = self.function(value, *arguments, **named)
        keeps = self.is_safe and isinstance(value, SafeData)
        return mark_safe(made) if keeps else made  # noqa: S308  (safe before, as Django has it)


class Value(VariableNode):
    """``{{ … }}``."""

    def __init__(self, node: VariableNode) -> None:
        super().__init__(node.filter_expression)

    def render(self, context: Any) -> str:
        """The value as text, escaped."""
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return str(value)
        if kind is str and context.autoescape:
            return escape(value)
        if kind is int and not settings.USE_THOUSAND_SEPARATOR:
            return str(value)
        return str(render_value_in_context(value, context))


class Choice(IfNode):
    """``{% if … %}``."""

    def __init__(self, node: IfNode) -> None:
        super().__init__(node.conditions_nodelists)
        self.ways: list[tuple[Any, Any, NodeList]] = [
            # A single name, with filters or not, is asked without the words around it.
            (condition.value if type(condition) is TemplateLiteral else None, condition, nodes)
            for condition, nodes in node.conditions_nodelists
        ]

    def render(self, context: Any) -> str:
        """What stands below the first condition that holds."""
        for single, condition, nodes in self.ways:
            try:
                if single is not None:
                    holds = single.resolve(context, True)
                else:
                    holds = condition is None or condition.eval(context)
            except VariableDoesNotExist:
                holds = False
            if holds:
                return str(nodes.render(context))
        return ""


class Loop(ForNode):
    """``{% for … %}``."""

    sequence: Any
    nodelist_loop: Any
    nodelist_empty: Any

    def __init__(self, node: ForNode) -> None:
        super().__init__(
            node.loopvars, node.sequence, node.is_reversed, node.nodelist_loop, node.nodelist_empty
        )

    def render(self, context: Any) -> str:
        """The body once an item."""
        values = self.sequence.resolve(context, ignore_failures=True)
        if values is None:
            values = ()
        elif not hasattr(values, "__len__"):
            values = list(values)
        count = len(values)
        if not count:
            with context.push():
                return str(self.nodelist_empty.render(context))
        parts, written = self.nodelist_loop.parts, []
        loop: dict[str, Any] = {"parentloop": context.get("forloop", {})}
        with context.push(forloop=loop):
            for at, item in enumerate(reversed(values) if self.is_reversed else values):
                loop["counter0"], loop["counter"] = at, at + 1
                loop["revcounter"], loop["revcounter0"] = count - at, count - at - 1
                loop["first"], loop["last"] = not at, at == count - 1
                has_layer = self._name(item, context)
                for part in parts:
                    written.append(part if type(part) is str else part(context))
                if has_layer:
                    context.pop()
        return "".join(written)

    def _name(self, item: Any, context: Any) -> bool:
        """Name the item; True when it has several names, which stand in a layer of their own."""
        if len(self.loopvars) == 1:
            context.dicts[-1][self.loopvars[0]] = item
            return False
        length = len(item) if hasattr(item, "__len__") else 1
        if length != len(self.loopvars):
            names = len(self.loopvars)
            raise ValueError(f"Need {names} values to unpack in for loop; got {length}. ")
        context.dicts.append(dict(zip(self.loopvars, item, strict=True)))
        return True


def _written(node: StaticNode) -> Node:
    """``{% static "…" %}`` as the text that it is; an address that is not constant stays."""
    path = node.path
    if node.varname or not isinstance(path, Expression) or path.is_var or path.steps:
        return node
    return TextNode(escape(StaticNode.handle_simple(path.var)))


_SHORTER: dict[type[Node], Any] = {
    VariableNode: Value,
    ForNode: Loop,
    IfNode: Choice,
    StaticNode: _written,
}

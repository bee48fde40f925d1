"""A policy as people type it: texts to a document, a document to texts, and what is wrong. Pure.

A draft keeps what was typed, faults and all; only a document without faults can be published.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact, shortest
from haitang.policy.document import DEFAULT, Document, complete, parse
from haitang.policy.names import Path, field_name, paths, value_at
from haitang.policy.options import OPTIONS

_CHOICES = ("options", "comparators")
_BETWEEN_DAYS = re.compile(r"[、,，;；\s日号]+")
_DECORATION = re.compile(r"[¥￥元,\s]")


@dataclass(frozen=True)
class Faults:
    """What keeps a document from being published: sentences by field, and those about the whole."""

    fields: dict[Path, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """All of them, each with the field that it concerns."""
        return [
            *(f"{field_name(path)}：{text}" for path, text in self.fields.items()),
            *self.whole,
        ]

    def __bool__(self) -> bool:
        return bool(self.fields or self.whole)


def document_of(texts: Mapping[Path, str], *, before: Mapping[str, Any]) -> Document:
    """``before`` with the typed texts in their places; fields that were not typed stay."""
    document: Document = _copied(before)
    for path in paths():
        if path in texts:
            section = value_at(document, path[:-1])
            section[path[-1]] = _value(path, texts[path])
    return document


def text_of(path: Path, value: Any) -> str:
    """A field's value as it stands in the form."""
    if path[0] == "member_days" and isinstance(value, list | tuple):
        return "、".join(str(day) for day in value)
    if path[0] == "options":
        return str(value).lower()
    return str(value)


def faults_of(document: Mapping[str, Any]) -> Faults:
    """What is wrong with a whole document."""
    found = {}
    for path in paths():
        if path[0] not in _CHOICES and (text := _fault(path, value_at(document, path))):
            found[path] = text
    if found:
        return Faults(found)
    try:
        parse(document)
    except Invalid as refusal:
        return Faults({}, refusal.details or (refusal.sentence,))
    return Faults()


def whole(partial: Mapping[str, Any]) -> Document:
    """The whole document over the default, its options as the form knows them."""
    document = complete(partial)
    for key, option in OPTIONS.items():
        by_text = {str(value).lower(): value for value in option.meanings}
        given = document["options"][key]
        document["options"][key] = by_text.get(str(given).lower(), given)
    return document


def _copied(value: Any) -> Any:
    """A copy in which no two sections are the same object, as they are in the default."""
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return list(value) if isinstance(value, list | tuple) else value


def _value(path: Path, text: str) -> Any:
    """What is kept of a typed text: a number, a choice, days; otherwise the text itself."""
    text = unicodedata.normalize("NFKC", text).strip()
    if path[0] == "options":
        return {str(each).lower(): each for each in OPTIONS[path[1]].meanings}.get(text, text)
    if path[0] == "comparators":
        return text
    if path[0] == "member_days":
        days = [part for part in _BETWEEN_DAYS.split(text) if part]
        is_plain = all(part.isdecimal() and len(part) < 4 for part in days)
        return sorted({int(part) for part in days}) if is_plain else text
    text = _DECORATION.sub("", text)
    if text.endswith("%"):
        return _of_percent(text)
    is_count = isinstance(value_at(DEFAULT, path), int)
    return int(text) if is_count and text.isdecimal() and len(text) < 10 else text


def _of_percent(text: str) -> str:
    try:
        value = exact(text[:-1]) / 100
    except Invalid:
        return text
    decimal = shortest(value)
    return decimal if exact(decimal) == value else str(value)


def _fault(path: Path, value: Any) -> str:
    if path[0] == "member_days":
        is_list = isinstance(value, list | tuple)
        return "" if is_list else f"“{value}”看不懂：请写成 8、18、28 这样的日子。"
    if value == "":
        return "还没有填：请写上数字；没有就写 0。"
    try:
        number = exact(value)
    except (Invalid, TypeError):
        return f"“{value}”不是数：请写成 0.2、20% 或 1/3 这样。"
    return _number_fault(path, number)


def _number_fault(path: Path, number: Fraction) -> str:
    if isinstance(value_at(DEFAULT, path), int):
        return "" if number.denominator == 1 else "必须是整数：请去掉小数。"
    if path[0] == "fund" and (number * 100).denominator != 1:
        return "金额最小到分：小数最多两位。"
    return ""

"""The menu as fields of a page: three columns of a button and five below it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haitang.wechat.menus import BELOW, BUTTONS, KINDS, Button


@dataclass(frozen=True)
class Slot:
    """The fields of one button; ``prefix`` is the beginning of their names."""

    prefix: str
    name: str = ""
    kind: str = ""
    value: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was filled in."""
        return not (self.name or self.value)


@dataclass(frozen=True)
class Column:
    """A button of the bar and those below it."""

    number: int
    top: Slot
    below: tuple[Slot, ...]


def columns_of(buttons: Sequence[Button]) -> list[Column]:
    """The page's fields for a menu."""
    columns: list[Column] = []
    for at in range(BUTTONS):
        button = buttons[at] if at < len(buttons) else {}
        below = button.get("sub_button") or []
        columns.append(
            Column(
                at + 1,
                _slot(f"b{at}", button),
                tuple(
                    _slot(f"b{at}_{each}", below[each] if each < len(below) else {})
                    for each in range(BELOW)
                ),
            )
        )
    return columns


def columns_typed(data: Mapping[str, str]) -> list[Column]:
    """The page's fields as they came back."""
    return [
        Column(
            at + 1,
            _typed(f"b{at}", data),
            tuple(_typed(f"b{at}_{each}", data) for each in range(BELOW)),
        )
        for at in range(BUTTONS)
    ]


def buttons_of(columns: Sequence[Column]) -> list[Button]:
    """The menu that the fields say; empty fields are left out."""
    buttons: list[Button] = []
    for column in columns:
        below = [_button(slot) for slot in column.below if not slot.is_empty]
        if below:
            buttons.append({"name": column.top.name, "sub_button": below})
        elif not column.top.is_empty:
            buttons.append(_button(column.top))
    return buttons


def _slot(prefix: str, button: Button) -> Slot:
    kind = str(button.get("type", ""))
    field = KINDS[kind][0] if kind in KINDS else "value"
    return Slot(prefix, str(button.get("name", "")), kind, str(button.get(field, "")))


def _typed(prefix: str, data: Mapping[str, str]) -> Slot:
    name, kind, value = (data.get(f"{prefix}_{part}", "").strip() for part in _PARTS)
    return Slot(prefix, name, kind, value)


def _button(slot: Slot) -> Button:
    field = KINDS[slot.kind][0] if slot.kind in KINDS else "value"
    return {"type": slot.kind, "name": slot.name, field: slot.value}


_PARTS = ("name", "kind", "value")

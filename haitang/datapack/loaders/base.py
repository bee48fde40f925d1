"""What a loader is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from accounts.models import User
from haitang.datapack.tables import BadCell, Row


@dataclass(frozen=True)
class LoadContext:
    """Who loads, and when."""

    by: User | None
    now: datetime


Parse = Callable[[Row], Any]


@dataclass(frozen=True)
class Loader:
    """A file of the pack.

    ``prepare`` is called once and returns the parser of a row, which raises BadCell; ``keep``
    writes the parsed entries within the file's transaction and returns how many changed anything.
    ``identity`` is what may stand once in the file, under the column ``identified_by``: a second
    row that says something else would silently win. ``kept_in`` says which model's field a
    column of text goes to: no text may be longer than that.
    """

    file: str
    columns: tuple[str, ...]
    prepare: Callable[[], Parse]
    keep: Callable[[Sequence[Any], LoadContext], int]
    identity: Callable[[Any], Hashable] | None = None
    identified_by: str = "code"
    kept_in: Mapping[str, tuple[type[models.Model], str]] = field(default_factory=dict)

    def too_long(self, row: Row) -> BadCell | None:
        """The first text that its column in the database would not hold."""
        for column, (model, name) in self.kept_in.items():
            limit = getattr(model._meta.get_field(name), "max_length", None)
            value = row.optional(column)
            if limit and len(value) > limit:
                return BadCell(column, f"{value[:20]}…", f"超过 {limit} 个字：请写短一些。")
        return None


def texts(model: type[models.Model], **fields: str) -> dict[str, tuple[type[models.Model], str]]:
    """``column="field"`` of that model, for ``Loader.kept_in``."""
    return {column: (model, name) for column, name in fields.items()}


def upsert(model: type[models.Model], key: dict[str, Any], values: dict[str, Any]) -> bool:
    """Make the row with that key have these values; whether anything changed."""
    manager = model._default_manager
    row = manager.filter(**key).first()
    if row is None:
        manager.create(**key, **values)
        return True
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    return True

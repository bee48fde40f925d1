"""What a loader is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from accounts.models import User
from haitang.datapack.tables import Row


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
    row that says something else would silently win.
    """

    file: str
    columns: tuple[str, ...]
    prepare: Callable[[], Parse]
    keep: Callable[[Sequence[Any], LoadContext], int]
    identity: Callable[[Any], Hashable] | None = None
    identified_by: str = "code"


def upsert(model: type[models.Model], key: dict[str, Any], values: dict[str, Any]) -> bool:
    """Make the row with that key have these values; whether anything changed."""
    manager = model._default_manager
    row = manager.filter(**key).first()
    if row is None:
        manager.create(**key, **values)
        return True
    if all(getattr(row, field) == value for field, value in values.items()):
        return False
    for field, value in values.items():
        setattr(row, field, value)
    row.save(update_fields=list(values))
    return True

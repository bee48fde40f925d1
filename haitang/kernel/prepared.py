"""Questions to the database whose SQL the ORM writes once, not at every request.

Django writes a query set's SQL anew each time it is asked, which takes ten times as long as the
answer of a small indexed table (docs/performance.md). A page that asks thirty small questions, or
a question that every page asks, declares it here::

    @prepared
    def _reported_before(*, day: Any) -> QuerySet[BadNews]:
        return BadNews.objects.filter(reported__lt=day).order_by("pk")

    rows = _reported_before(day=today)  # a list, as the query set would give

Positional arguments shape the question and are kept with its text (they must be hashable and few);
keyword arguments are the values that change from one time to the next, and stand in the query set
as ``Given``. A value is never None. Prefetching and chained filters have no place here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Model, QuerySet

from haitang.kernel.plans import rows_of

M = TypeVar("M", bound=Model)
R = TypeVar("R")
MOST_SHAPES = 64


class Given(Expression):
    """The place of a value that is known when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def get_group_by_cols(self) -> list[Any]:
        return []


@dataclass(frozen=True)
class _Text:
    """A question's SQL and what reads its answer; ``sql`` is empty when nothing can match."""

    questions: Any
    compiler: Any
    sql: str
    parameters: tuple[Any, ...]
    converters: Any


class Prepared(Generic[M, R]):
    """A question; call it with its values. The number of its shapes is bounded."""

    def __init__(self, make: Callable[..., QuerySet[M, R]]) -> None:
        update_wrapper(self, make)
        self._make = make
        self._texts: dict[Hashable, _Text] = {}

    def __call__(self, *shape: Hashable, **values: Any) -> list[R]:
        key = (connection.vendor, shape, *values)
        text = self._texts.get(key)
        if text is None:
            if len(self._texts) >= MOST_SHAPES:
                self._texts.clear()
            text = self._texts[key] = self._write(shape, values)
        if not text.sql:
            return []
        rows = _asked(text, values)
        if not rows:
            return []
        iterable: Any = text.questions._iterable_class
        return list(iterable(_Bound(text, rows)))

    def first(self, *shape: Hashable, **values: Any) -> R | None:
        """The first row, or None; of a question that gives one at most."""
        return next(iter(self(*shape, **values)), None)

    def _write(self, shape: tuple[Hashable, ...], values: dict[str, Any]) -> _Text:
        questions = self._make(*shape, **{name: Given(name) for name in values})
        compiler = questions.query.get_compiler(questions.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            sql, parameters = "", ()
        if any(isinstance(each, date) for each in parameters):
            raise TypeError(f"{self._make.__qualname__} keeps a day for ever: make it a value")
        fields = [each for each, *_ in compiler.select or ()][: compiler.col_count]
        converters = compiler.get_converters(fields)
        return _Text(questions, compiler, sql, tuple(parameters), converters)


def prepared(make: Callable[..., QuerySet[M, R]]) -> Prepared[M, R]:
    """Declare a question that is written once; see the module."""
    return Prepared(make)


class _Bound:
    """Stands for query set, query and compiler before Django's iterables: one answer."""

    def __init__(self, text: _Text, rows: list[tuple[Any, ...]]) -> None:
        self._text, self._rows = text, rows
        self.query = self
        self.db = text.questions.db
        self.model = text.questions.model
        self._fields = text.questions._fields
        self._known_related_objects: dict[Any, Any] = {}

    def get_compiler(self, using: str | None = None, **options: Any) -> _Bound:
        return self

    def execute_sql(self, *args: Any, **options: Any) -> list[list[tuple[Any, ...]]]:
        return [self._rows]

    def results_iter(self, results: Any = None, **options: Any) -> Any:
        rows = iter(self._rows)
        if converters := self._text.converters:
            rows = self._text.compiler.apply_converters(rows, converters)
            return map(tuple, rows) if options.get("tuple_expected") else rows
        return rows

    def __getattr__(self, name: str) -> Any:
        if hasattr(self._text.compiler, name):
            return getattr(self._text.compiler, name)
        return getattr(self._text.questions.query, name)


def _asked(text: _Text, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    parameters = [
        _adapted(values[each.name]) if isinstance(each, Given) else each for each in text.parameters
    ]
    return rows_of(text.sql, parameters)


def _adapted(value: Any) -> Any:
    """The value as the database's driver wants it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value

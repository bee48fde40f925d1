"""Which function does the jobs of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haitang.kernel.jobs.running import JobContext

Result = dict[str, Any] | None
JobHandler = Callable[["JobContext"], Result]


@dataclass(frozen=True)
class _Entry:
    handler: JobHandler
    title: str


_handlers: dict[str, _Entry] = {}


def job_handler(kind: str, *, title: str = "") -> Callable[[JobHandler], JobHandler]:
    """Register the decorated function for jobs of this kind; ``title`` is what people read.

    The handler's return value (a JSON object, or None) is kept as the job's result. Raises
    ValueError when another function has that kind already.
    """

    def register(handler: JobHandler) -> JobHandler:
        known = _handlers.get(kind)
        if known and known.handler.__qualname__ != handler.__qualname__:
            raise ValueError(f"two handlers for jobs of kind {kind!r}")
        _handlers[kind] = _Entry(handler, title)
        return handler

    return register


def handler_of(kind: str) -> JobHandler | None:
    """The function for that kind, or None."""
    entry = _handlers.get(kind)
    return entry.handler if entry else None


def title_of(kind: str) -> str:
    """What people call jobs of that kind."""
    entry = _handlers.get(kind)
    return (entry.title if entry else "") or kind

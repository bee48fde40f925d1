"""What was made of something that never changes, kept by this process.

A calculation is a snapshot of several hundred kilobytes, which a page would read and parse again
each time it is opened. ``Kept`` holds the last few of a kind that were asked for::

    _DOCUMENTS = Kept[tuple[int, str], Document](most=8)

    document = _DOCUMENTS.of((run.pk, run.digest), lambda: run.document)

The key has to hold everything that the value depends on: another calculation is another key, so
nothing has to be thrown away when something changes. Who may see it is no part of a value; that is
asked of every request. A value is shared by all requests: nobody changes it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """At most so many values, those asked for last."""

    _all: ClassVar[WeakSet[Kept[Any, Any]]] = WeakSet()

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()
        Kept._all.add(self)

    def of(self, key: K, make: Callable[[], V]) -> V:
        """The value of the key; ``make`` makes it when it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    @classmethod
    def forget(cls) -> None:
        """Let everything go: for tests, whose databases use the same keys again."""
        for kept in list(cls._all):
            with kept._lock:
                kept._values.clear()

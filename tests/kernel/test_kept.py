"""What a process keeps: made once a key, the newest asked for stay."""

from __future__ import annotations

import pytest

from haitang.kernel.kept import Kept

pytestmark = pytest.mark.once


def test_a_value_is_made_once_a_key() -> None:
    kept, made = Kept[str, list[str]](most=2), []

    def make(name: str) -> list[str]:
        return kept.of(name, lambda: made.append(name) or [name])  # type: ignore[func-returns-value]

    assert [make("a"), make("a"), make("b")] == [["a"], ["a"], ["b"]]
    assert make("a") is make("a")
    assert made == ["a", "b"]


def test_what_was_not_asked_for_longest_is_let_go() -> None:
    kept, made = Kept[int, int](most=2), []
    for key in (1, 2, 1, 3, 1, 2):
        kept.of(key, lambda key=key: made.append(key) or key)  # type: ignore[misc,func-returns-value]
    assert made == [1, 2, 3, 2]


def test_what_could_not_be_made_is_not_kept() -> None:
    kept = Kept[int, int](most=2)
    with pytest.raises(ZeroDivisionError):
        kept.of(1, lambda: 1 // 0)
    assert kept.of(1, lambda: 5) == 5


def test_everything_can_be_forgotten() -> None:
    kept = Kept[int, str](most=2)
    kept.of(1, lambda: "before")
    Kept.forget()
    assert kept.of(1, lambda: "after") == "after"

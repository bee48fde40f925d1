"""Errors that a person reads: Chinese sentences that say what, where and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class Refusal(Exception):
    """The business says no. ``str()`` is a sentence for the user; ``details`` are further ones."""

    code = "refused"
    status = 400
    # Whether it may be gone in a few minutes by itself: a job that meets it is tried again.
    is_passing = False

    def __init__(self, sentence: str, *, details: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join((self.sentence, *self.details))


class Invalid(Refusal):
    """The input cannot be used."""

    code = "invalid"


class NotAllowed(Refusal):
    """The person may not do this."""

    code = "not_allowed"
    status = 403


class NotThere(Refusal):
    """No such thing, or none that this person may know of."""

    code = "not_found"
    status = 404


class Conflict(Refusal):
    """The thing is in another state than the act needs, or somebody else was first."""

    code = "conflict"
    status = 409

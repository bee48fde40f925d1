"""Which months can no longer get another policy: asked of those above, who know.

The apps above register a question when they start (``AppConfig.ready``); this one does not
import them.
"""

from __future__ import annotations

from collections.abc import Callable

from haitang.kernel.clock import Month

Question = Callable[[Month], str]

_questions: list[Question] = []


def ask_when_publishing(question: Question) -> None:
    """Register a question: given a month, a sentence why its policy must stay, or nothing.

    The sentence concerns that month or any later one; registering it twice is harmless.
    """
    if question not in _questions:
        _questions.append(question)


def objection_to(month: Month) -> str:
    """Why the policy from that month on may not change; empty when it may."""
    return next((answer for each in _questions if (answer := each(month))), "")

"""Four eyes (pure): no person does two of submit, approve and pay, as a deputy neither."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from haitang.kernel.errors import NotAllowed


@dataclass(frozen=True)
class Act:
    """A step that somebody took, for himself or on behalf of somebody; people by their ids.

    ``step`` and ``actor_name`` are what the refusal says.
    """

    actor: int
    on_behalf_of: int | None = None
    step: str = ""
    actor_name: str = ""

    @property
    def people(self) -> frozenset[int]:
        """All whose act it is: who did it, and for whom."""
        both = (self.actor, self.on_behalf_of)
        return frozenset(person for person in both if person is not None)


def different_people(*acts: Act) -> bool:
    """Whether no two acts have a person in common, neither as actor nor as the one deputised."""
    return _clash(acts) is None


def require_different_people(*acts: Act) -> None:
    """NotAllowed with a sentence when two of the acts have a person in common."""
    clash = _clash(acts)
    if clash:
        first, second = clash
        who = second.actor_name or "您"
        raise NotAllowed(
            f"“{first.step}”和“{second.step}”不能出自同一个人（代理也算本人）："
            f"{who}与前一步是同一人或互为代理，请由另一位有权限的同事来做。"
        )


def _clash(acts: tuple[Act, ...]) -> tuple[Act, Act] | None:
    pairs = combinations(acts, 2)
    return next(((one, two) for one, two in pairs if one.people & two.people), None)

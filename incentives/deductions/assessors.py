"""Who decides a deduction: the rule's assessor of the day, his deputy, or whoever stands above.

The assessor is named by the rule (``haitang.policy.rulebook``). Nobody decides about a role that
he holds himself: then the next of assessor, general manager and vice general manager decides who
does not. A post that nobody holds passes the decision on in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Deputy, Tenure, User
from accounts.roles import TEAM, Role
from haitang.kernel.clock import Month, business_day
from haitang.kernel.errors import NotAllowed
from haitang.kernel.prepared import prepared
from haitang.policy.rulebook import RULES

ABOVE = (Role.GENERAL_MANAGER.value, Role.VICE_GENERAL_MANAGER.value)
# Who answers for lines that no rule has an assessor for: whoever submits the month.
ANSWERS_THE_REST = Role.SUPERVISOR.value
_POSTS = frozenset({*(rule.assessor for rule in RULES.values()), *ABOVE, *TEAM})


@dataclass(frozen=True)
class Authority:
    """By which post somebody decides, and for whom when as a deputy."""

    role: str
    on_behalf_of_id: int | None = None
    on_behalf_of: str = ""

    def details(self) -> dict[str, object]:
        """How the audit trail says it (as ``accounts.rules.acting_details``)."""
        if self.on_behalf_of_id is None:
            return {"as_role": self.role}
        return {
            "as_role": self.role,
            "on_behalf_of": self.on_behalf_of,
            "on_behalf_of_id": self.on_behalf_of_id,
        }


@dataclass(frozen=True)
class _Held:
    role: str
    user: int
    name: str
    first: date
    last: date | None

    def touches(self, first: date, last: date) -> bool:
        return self.first <= last and (self.last is None or self.last >= first)


@dataclass(frozen=True)
class Assessors:
    """Posts and deputies of a day, and who held which role in some months. See ``assessors``."""

    day: date
    held: tuple[_Held, ...]
    stand_ins: tuple[tuple[int, int, str], ...]

    def subjects(self, role: str, month: Month) -> frozenset[int]:
        """Those whom a deduction of that role in that month concerns: its holders then and now."""
        return frozenset(
            each.user
            for each in self.held
            if each.role == role
            and (each.touches(month.first, month.last) or each.touches(self.day, self.day))
        )

    def deciders(self, assessor: str, concerned: frozenset[int]) -> tuple[str, dict[int, str]]:
        """The post that decides and its holders who may, by id with their names."""
        for role in dict.fromkeys((assessor, *ABOVE)):
            free = {
                each.user: each.name
                for each in self.held
                if each.role == role
                and each.touches(self.day, self.day)
                and each.user not in concerned
            }
            if free:
                return role, free
        return assessor, {}

    def authority(self, assessor: str, concerned: frozenset[int], user_id: int) -> Authority | None:
        """By what this person decides, by the own post before a deputised one; None: not at all."""
        if user_id in concerned:
            return None
        role, free = self.deciders(assessor, concerned)
        if user_id in free:
            return Authority(role)
        for person, deputy, what in self.stand_ins:
            if deputy == user_id and person in free and what in ("", role):
                return Authority(role, person, free[person])
        return None

    def of_rule(self, rule: str, month: Month, user_id: int) -> Authority | None:
        """By what this person decides an event of that rule and month."""
        return self.authority(*self._asked(rule, month), user_id)

    def of_the_rest(self, concerned: frozenset[int], user_id: int) -> Authority | None:
        """By what this person answers for a line that is no deduction of a rule."""
        return self.authority(ANSWERS_THE_REST, concerned, user_id)

    def names(self, rule: str, month: Month) -> str:
        """Who decides an event of that rule and month: ``总督导 李督导``."""
        return _named(*self.deciders(*self._asked(rule, month)))

    def names_of_the_rest(self, concerned: frozenset[int]) -> str:
        """Who answers for a line that is no deduction of a rule."""
        return _named(*self.deciders(ANSWERS_THE_REST, concerned))

    def require(self, rule: str, month: Month, by: User) -> Authority:
        """The person's authority over an event; NotAllowed with a sentence saying whose it is."""
        asked = self._asked(rule, month)
        return self._require(*asked, by, what="这条扣减")

    def require_answer(self, concerned: frozenset[int], by: User) -> Authority:
        """The authority to answer an objection to a line that no rule's assessor decides."""
        return self._require(ANSWERS_THE_REST, concerned, by, what="这条异议")

    def _asked(self, rule: str, month: Month) -> tuple[str, frozenset[int]]:
        known = RULES[rule]
        return known.assessor, self.subjects(known.role, month)

    def _require(
        self, assessor: str, concerned: frozenset[int], by: User, *, what: str
    ) -> Authority:
        found = self.authority(assessor, concerned, by.pk)
        if found:
            return found
        whose = _named(*self.deciders(assessor, concerned))
        if by.pk in concerned:
            raise NotAllowed(f"{what}与您自己的岗位有关，不能由您决定：请交由{whose}决定。")
        raise NotAllowed(f"{what}由{whose}决定：请告诉他，或由他登记代理人。")


def assessors(months: Iterable[Month], *, now: datetime) -> Assessors:
    """Who decides today about events of these months. Two queries."""
    day, asked = business_day(now), list(months)
    first = min([day, *(month.first for month in asked)])
    last = max([day, *(month.last for month in asked)])
    held = [
        _Held(role, user, name or username, start, end)
        for role, user, name, username, start, end in _holders(first=first, last=last)
    ]
    return Assessors(day, tuple(held), tuple(_stand_ins(day=day)))


@prepared
def _holders(
    *, first: Any, last: Any
) -> QuerySet[Tenure, tuple[str, int, str, str, date, date | None]]:
    held = Tenure.objects.touching(first, last).filter(role__in=_POSTS).order_by("role", "pk")
    return held.values_list(
        "role", "user_id", "user__name", "user__username", "valid_from", "valid_to"
    )


@prepared
def _stand_ins(*, day: Any) -> QuerySet[Deputy, tuple[int, int, str]]:
    return Deputy.objects.on(day).order_by("pk").values_list("person_id", "deputy_id", "role")


def holders_of(role: str, month: Month) -> list[User]:
    """The people who held the role on some day of that month, by name. One query."""
    tenures = Tenure.objects.touching(month.first, month.last).filter(role=role)
    return list(User.objects.filter(pk__in=tenures.values("user")).order_by("name", "username"))


def roles_in(month: Month, user: User) -> list[str]:
    """The roles that share the pool which this person held in that month, in the policy's order."""
    held: dict[str, bool] = defaultdict(bool)
    tenures = Tenure.objects.touching(month.first, month.last).filter(user=user, role__in=TEAM)
    for role in tenures.values_list("role", flat=True):
        held[role] = True
    return [role.value for role in TEAM if held[role.value]]


def _named(role: str, holders: dict[int, str]) -> str:
    label = str(Role(role).label)
    return f"{label} {'、'.join(holders.values())}" if holders else f"{label}（现在没有人任职）"

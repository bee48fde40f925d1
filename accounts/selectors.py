"""Reads about people: the list, a person's history, who holds what, what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import Department, Deputy, Tenure, User, open_on
from accounts.roles import TEAM, Role
from accounts.services.tenures import span_of
from accounts.stores import store_names
from accounts.timeline import Segment, Span, segments

# Roles of which the house has exactly one holder at a time, or several who share it.
POSTS = (*TEAM, Role.GENERAL_MANAGER, Role.VICE_GENERAL_MANAGER, Role.FINANCE)


@dataclass(frozen=True)
class PeopleSearch:
    """Filters of the list of people; ``state`` is empty (open accounts), ``left`` or ``all``."""

    text: str = ""
    department: int | None = None
    role: str = ""
    state: str = ""
    scope: bool = False


@dataclass(frozen=True)
class Post:
    """A role, a store's manager or a department's liaison through a year.

    ``today`` is None when the year is another.
    """

    name: str
    segments: list[Segment]
    today: Segment | None
    shared: bool = False

    @property
    def gaps(self) -> list[Segment]:
        return [each for each in self.segments if each.is_gap]


def people_found(search: PeopleSearch, *, day: date) -> QuerySet[User]:
    """People with their department and the tenures of the day, by name."""
    found = User.objects.select_related("department").prefetch_related(
        Prefetch("tenures", Tenure.objects.on(day).select_related("department"), "today")
    )
    if search.state != "all":
        found = (
            found.exclude(open_on(day)) if search.state == "left" else found.filter(open_on(day))
        )
    for word in search.text.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(username__icontains=word)
            | Q(department__name__icontains=word)
        )
    if search.department:
        found = found.filter(department_id=search.department)
    if search.role:
        found = found.filter(pk__in=Tenure.objects.on(day).filter(role=search.role).values("user"))
    if search.scope:
        found = found.filter(department__takes_part=True)
    return found.order_by("name", "username")


def history(user: User) -> list[Tenure]:
    """All tenures of a person, the latest first."""
    rows = Tenure.objects.filter(user=user).select_related("department")
    return list(rows.order_by("-valid_from", "role"))


def departments(*, day: date) -> QuerySet[Department]:
    """Departments with the number of people who have an open account."""
    return Department.objects.annotate(people=Count("user", filter=open_on(day, "user__")))


def without_department(*, day: date) -> int:
    """How many people with an open account belong to no department; administrators apart."""
    return User.objects.filter(open_on(day), department=None, is_superuser=False).count()


def posts(year: int, *, day: date) -> list[Post]:
    """Every post of the house through a year: who holds it, and where nobody does."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    spans: dict[str, list[Span]] = defaultdict(list)
    rows = Tenure.objects.touching(first, last).filter(role__in=POSTS).select_related("user")
    for tenure in rows:
        spans[tenure.role].append(span_of(tenure))
    return [_post(str(role.label), spans[role], year, day, shared=role in TEAM) for role in POSTS]


def managed_stores(year: int) -> dict[str, str]:
    """The stores of which a year has a manager or could have one: code → name as it is shown."""
    held = _managers(year).order_by("store_code").values_list("store_code", flat=True).distinct()
    names = {code: f"{name}（{code}）" for code, name in store_names().items()}
    return {**{code: code for code in held}, **names}


def store_posts(year: int, *, day: date, stores: Mapping[str, str]) -> list[Post]:
    """The managers of these stores (code → name) through a year. One query."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for tenure in _managers(year).filter(store_code__in=stores).select_related("user"):
        spans[tenure.store_code].append(span_of(tenure))
    return [_post(name, spans[code], year, day) for code, name in stores.items()]


def _managers(year: int) -> QuerySet[Tenure]:
    return Tenure.objects.touching(date(year, 1, 1), date(year, 12, 31)).filter(
        role=Role.STORE_MANAGER
    )


def liaison_posts(year: int, *, day: date) -> list[Post]:
    """The liaison of every department that takes part; there is to be exactly one a day."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = list(
        Tenure.objects.touching(first, last)
        .exclude(role__in=(Role.EMPLOYEE, Role.STORE_MANAGER))
        .select_related("user")
    )
    return [
        _post(
            department.name,
            [span_of(each) for each in rows if _is_liaison_of(each, department)],
            year,
            day,
        )
        for department in Department.objects.filter(takes_part=True)
    ]


def liaison_findings(found: list[Post]) -> list[str]:
    """What is wrong today with the liaisons of departments that take part, as sentences."""
    sentences = []
    for post in found:
        if post.today is None or len(post.today.holders) == 1:
            continue
        if post.today.is_gap:
            sentences.append(f"{post.name}参与公众号工作，但现在没有对接人：请登记一位。")
        else:
            names = "、".join(each.person for each in post.today.holders)
            sentences.append(
                f"{post.name}现在有 {len(post.today.holders)} 位对接人（{names}）："
                "一个部门只能有一位，请结束其余的任职。"
            )
    return sentences


def deputies_of(user: User | None, *, day: date) -> QuerySet[Deputy]:
    """Deputies of and by a person (None: of everybody), those of the last year and later."""
    found = Deputy.objects.filter(valid_to__gte=day - timedelta(days=365))
    if user is not None:
        found = found.filter(Q(person=user) | Q(deputy=user))
    return found.select_related("person", "deputy", "created_by").order_by("-valid_from", "-pk")


def deputies_in_force(user: User, *, day: date) -> list[Deputy]:
    """Who stands in for the person today, and for whom the person stands in."""
    rows = Deputy.objects.on(day).filter(Q(person=user) | Q(deputy=user))
    return list(rows.select_related("person", "deputy"))


def _is_liaison_of(tenure: Tenure, department: Department) -> bool:
    if department.liaison_role:
        return tenure.role == department.liaison_role
    return tenure.role == Role.LIAISON and tenure.department_id == department.pk


def _post(name: str, spans: list[Span], year: int, day: date, *, shared: bool = False) -> Post:
    found = segments(spans, date(year, 1, 1), date(year, 12, 31))
    today = next((each for each in found if each.first <= day <= each.last), None)
    return Post(name, found, today, shared)

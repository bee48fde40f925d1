"""Who may do what: named predicates over the tenures of the day (docs/permissions.md).

A predicate takes a user and answers; predicates compose with ``&``, ``|`` and ``~``. Every view
names one with ``@allow``; the table in docs/permissions.md says the same in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.rights import name_of, name_rights
from accounts.roles import TEAM, Role
from haitang.kernel import audit, clock
from haitang.kernel.errors import NotAllowed
from haitang.kernel.plans import rows_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Person = User | AnonymousUser

_CACHE = "_standing_of_the_request"
# Tenure.on(day) of the person, and of those for whom Deputy.on(day) has the person stand in:
# day, day, person, person, day, day.
# Every page asks it, and the ORM would take longer to write it than the database to answer.
_STANDING = """
    SELECT tenure.role, tenure.store_code, tenure.user_id, holder.name, holder.username
    FROM accounts_tenure AS tenure JOIN accounts_user AS holder ON holder.id = tenure.user_id
    WHERE tenure.valid_from <= %s
      AND (tenure.valid_to IS NULL OR tenure.valid_to >= %s)
      AND (tenure.user_id = %s OR tenure.role <> 'employee' AND EXISTS (
        SELECT 1 FROM accounts_deputy AS deputy
        WHERE deputy.deputy_id = %s AND deputy.person_id = tenure.user_id
          AND deputy.role IN ('', tenure.role) AND deputy.ended_at IS NULL
          AND deputy.valid_from <= %s AND deputy.valid_to >= %s))
    ORDER BY tenure.role, tenure.valid_from, holder.username
"""


@dataclass(frozen=True)
class Acting:
    """A role that a person has as somebody's deputy."""

    role: str
    person_id: int
    person_name: str
    store: str = ""


@dataclass(frozen=True)
class Standing:
    """What a person is today: roles held and deputised, and the stores managed either way."""

    own_roles: frozenset[str] = frozenset()
    own_stores: frozenset[str] = frozenset()
    is_administrator: bool = False
    acting: tuple[Acting, ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        """The roles held and those deputised."""
        return self.own_roles | {each.role for each in self.acting}

    @property
    def stores(self) -> frozenset[str]:
        """The stores managed, and those of the store managers for whom the person stands in."""
        return self.own_stores | {each.store for each in self.acting if each.store}

    @property
    def names(self) -> str:
        """The roles in words, for a refusal and for the page's head."""
        names = [str(role.label) for role in Role if role.value in self.own_roles]
        if self.is_administrator:
            names.append("管理员")
        names += [f"代 {each.person_name} 的{Role(each.role).label}" for each in self.acting]
        return "、".join(dict.fromkeys(names))


def standing(user: Person) -> Standing:
    """The roles that a person has today; asked once a request (one query), kept on the user."""
    if not isinstance(user, User) and not user.is_authenticated:
        return Standing()
    kept = getattr(user, _CACHE, None)
    if isinstance(kept, Standing):
        return kept
    day = clock.business_day(clock.now())
    rows = rows_of(_STANDING, (day, day, user.pk, user.pk, day, day))
    own = [(role, store) for role, store, holder, *_ in rows if holder == user.pk]
    found = Standing(
        own_roles=frozenset(role for role, _ in own),
        own_stores=frozenset(store for role, store in own if role == Role.STORE_MANAGER and store),
        is_administrator=bool(user.is_active and user.is_superuser),
        acting=tuple(
            Acting(role, holder, name or username, store if role == Role.STORE_MANAGER else "")
            for role, store, holder, name, username in rows
            if holder != user.pk
        ),
    )
    setattr(user, _CACHE, found)
    return found


@dataclass(frozen=True)
class Predicate:
    """A named question about a person."""

    name: str
    test: Callable[[Standing], bool]

    def __call__(self, user: Person) -> bool:
        return self.test(standing(user))

    def __and__(self, other: Predicate) -> Predicate:
        return Predicate(
            f"({self.name} & {other.name})", lambda who: self.test(who) and other.test(who)
        )

    def __or__(self, other: Predicate) -> Predicate:
        return Predicate(
            f"({self.name} | {other.name})", lambda who: self.test(who) or other.test(who)
        )

    def __invert__(self) -> Predicate:
        return Predicate(f"~{self.name}", lambda who: not self.test(who))


def has_role(*roles: Role) -> Predicate:
    """Holds one of the roles today."""
    wanted = frozenset(role.value for role in roles)
    return Predicate("/".join(sorted(wanted)), lambda who: bool(who.roles & wanted))


anyone = Predicate("anyone", lambda who: True)
is_administrator = Predicate("administrator", lambda who: who.is_administrator)
is_manager = has_role(Role.GENERAL_MANAGER, Role.VICE_GENERAL_MANAGER)
is_finance = has_role(Role.FINANCE)
is_team = has_role(*TEAM)
is_store_manager = has_role(Role.STORE_MANAGER)
# 结算专员: named to prepare and submit the settlement beside the supervisor (docs/rules.md §9).
is_clerk = has_role(Role.CLERK)
sees_all_stores = is_manager | is_finance | is_team | is_clerk | is_administrator

may_see_months = is_manager | is_finance | is_team | is_clerk | is_administrator
may_calculate = is_manager | is_finance | has_role(Role.SUPERVISOR) | is_clerk | is_administrator
may_override = is_manager
may_see_campaigns = sees_all_stores | is_store_manager
may_see_all_sales = (
    is_manager
    | is_finance
    | has_role(Role.PLANNER, Role.SUPERVISOR, Role.IT, Role.OPS)
    | is_administrator
)
may_see_sales = may_see_all_sales | is_store_manager
may_import = has_role(Role.IT) | is_administrator
may_see_people = is_administrator | is_manager | is_finance | has_role(Role.SUPERVISOR)
may_manage_people = is_administrator
may_see_audit = is_administrator | has_role(Role.GENERAL_MANAGER)
may_see_imports = may_import | is_manager | is_finance | has_role(Role.SUPERVISOR)


def may_see_store(user: Person, store_code: str) -> bool:
    """Whether this person may know what that store sold."""
    return may_see_all_sales(user) or store_code in standing(user).stores


def visible_stores(user: Person) -> frozenset[str] | None:
    """The store codes to which this person is held; None means all of them."""
    return None if sees_all_stores(user) else standing(user).stores


def acting_by(user: Person, predicate: Predicate) -> Acting | None:
    """As whose deputy a person passes; None for who passes by own roles, or does not pass."""
    who = standing(user)
    own = replace(who, acting=())
    if not who.acting or predicate.test(own):
        return None
    alone = (each for each in who.acting if predicate.test(replace(own, acting=(each,))))
    return next(alone, None)


def enter(user: Person, predicate: Predicate) -> bool:
    """Whether the predicate lets the person in; who comes in as a deputy is traced as such.

    What the person does afterwards in this request is written into the audit trail with the
    person for whom it is done (``audit.stand_in``).
    """
    if not predicate(user):
        return False
    found = acting_by(user, predicate)
    if isinstance(user, User):
        audit.stand_in(user, acting_details(found) if found else {})
    return True


def acting_details(found: Acting) -> dict[str, object]:
    """How the audit trail says for whom and as what a deputy acts."""
    return {
        "on_behalf_of": found.person_name,
        "on_behalf_of_id": found.person_id,
        "as_role": found.role,
    }


def allow(predicate: Predicate) -> Callable[[View], View]:
    """A view for those whom the predicate lets in; a colleague gets a sentence and 403.

    The anonymous never come here: LoginRequiredMiddleware sends them to the log-in. What a deputy
    does in the view is traced as done for the person deputised.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not enter(request.user, predicate):
                raise NotAllowed(refusal(request.user, predicate, "这一页或这一步"))
            return view(request, *args, **kwargs)

        declared: Any = guarded
        declared.predicate = predicate
        return cast(View, guarded)

    return decorate


def refusal(user: Person, predicate: Predicate, what: str) -> str:
    """Why the person may not: the right that is missing, and whose it is."""
    names = standing(user).names or "目前没有任职"
    words = name_of(predicate)
    missing = f"，需要“{words}”的权利：{holders_of(predicate)}有" if words else ""
    return f"您的角色（{names}）没有{what}的权限{missing}。如果工作需要，请联系管理员登记任职。"


def holders_of(predicate: Predicate) -> str:
    """Whose a right is, in words: ``总经理、财务``."""
    held = [str(role.label) for role in Role if predicate.test(Standing(frozenset({role.value})))]
    if predicate.test(Standing(is_administrator=True)):
        held.append("管理员")
    return "、".join(held)


def person(request: HttpRequest) -> User:
    """Who asks, in a view that lets nobody anonymous in."""
    if not isinstance(request.user, User):
        raise NotAllowed("请先登录再操作。")
    return request.user


name_rights(
    ("看月度结算", may_see_months),
    ("计算一个月", may_calculate),
    ("写明理由放行结算的问题", may_override),
    ("看所有门店的活动", sees_all_stores),
    ("看本店的活动", is_store_manager & ~sees_all_stores),
    ("看活动和门店", may_see_campaigns),
    ("看所有门店的销售明细", may_see_all_sales),
    ("看本店的销售明细", is_store_manager & ~may_see_all_sales),
    ("看销售明细", may_see_sales),
    ("看销售导入", may_see_imports),
    ("导入和撤回销售", may_import),
    ("看人员、任职和部门", may_see_people),
    ("登记人员、任职和部门，重设密码", may_manage_people),
    ("看操作记录", may_see_audit),
)

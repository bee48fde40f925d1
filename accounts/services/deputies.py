"""Deputies: set for an absence, ended before its time; for whom somebody acts."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts.models import Deputy, DeputyQuerySet, Tenure, User
from accounts.roles import Role
from accounts.services.common import STREAM, checked_reason, one_at_a_time
from haitang.kernel import audit, clock, notices
from haitang.kernel.display import day_text
from haitang.kernel.errors import Conflict, Invalid

PAGE = "/deputies/"


def set_deputy(
    *,
    person: User,
    deputy: User,
    role: Role | None,
    valid_from: date,
    valid_to: date,
    reason: str,
    by: User,
    now: datetime,
) -> Deputy:
    """``deputy`` has the person's role (None: all of them) from the first day to the last.

    Raises Invalid or Conflict with a sentence: oneself, days in the past, a role that the person
    does not hold then, an account that is closed by then, days that another deputy has already,
    a deputy who is absent himself or of whom the person is the deputy.
    """
    reason = checked_reason(reason)
    row = Deputy(
        person=person,
        deputy=deputy,
        role=role or "",
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
        created_by=by,
        created_at=now,
    )
    with transaction.atomic():
        one_at_a_time()
        _check(row, clock.business_day(now))
        row.save()
        audit.record(
            stream=STREAM,
            act="set_deputy",
            obj=row,
            by=by,
            now=now,
            details={**_facts(row), "reason": reason},
        )
        span = f"{day_text(valid_from)}到{day_text(valid_to)}"
        notices.notify(
            recipients=[deputy],
            key=f"deputy:{row.pk}",
            text=f"{person} 请您在{span}代理“{row.what}”：{reason}。期间的事务和审批会到您这里。",
            url=PAGE,
            now=now,
        )
        if by.pk != person.pk:
            notices.notify(
                recipients=[person],
                key=f"deputised:{row.pk}",
                text=f"{by} 为您登记了代理人：{deputy} 在{span}代理“{row.what}”。",
                url=PAGE,
                now=now,
            )
    return row


def end_deputy(*, deputy: Deputy, by: User, now: datetime) -> None:
    """The deputy's rights end at once. Raises Conflict when they have ended already."""
    with transaction.atomic():
        one_at_a_time()
        row = Deputy.objects.select_related("person", "deputy").get(pk=deputy.pk)
        if row.ended_at or row.valid_to < clock.business_day(now):
            raise Conflict("这次代理已经结束。")
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        audit.record(stream=STREAM, act="end_deputy", obj=row, by=by, now=now, details=_facts(row))
        notices.notify(
            recipients=[row.deputy],
            key=f"deputy-ended:{row.pk}",
            text=f"您代理 {row.person} 的“{row.what}”已经提前结束。",
            url=PAGE,
            now=now,
        )


def acting_for(user: User, role: Role, now: datetime) -> User | None:
    """For whom the user has the role at that moment; None when it is the user's own, or not had.

    Of several (a role may be shared) the one deputised first.
    """
    day = clock.business_day(now)
    if Tenure.objects.on(day).filter(user=user, role=role).exists():
        return None
    rows = Deputy.objects.on(day).filter(deputy=user).select_related("person").order_by("pk")
    holders = set(Tenure.objects.on(day).filter(role=role).values_list("user_id", flat=True))
    return next(
        (row.person for row in rows if row.role in ("", role) and row.person_id in holders), None
    )


def act_details(user: User, role: Role, *, now: datetime) -> dict[str, object]:
    """What an act in that role says of a deputy, for ``audit.record(details=…)``; else empty.

    Views guarded by ``rules.allow`` need it not: their acts carry the same by themselves.
    """
    person = acting_for(user, role, now)
    if person is None:
        return {}
    return {"on_behalf_of": str(person), "on_behalf_of_id": person.pk, "as_role": role.value}


def _facts(row: Deputy) -> dict[str, str]:
    return {
        "person": row.person.username,
        "deputy": row.deputy.username,
        "role": row.role or "all",
        "from": row.valid_from.isoformat(),
        "to": row.valid_to.isoformat(),
    }


def _check(row: Deputy, today: date) -> None:
    if row.person_id == row.deputy_id:
        raise Invalid("代理人不能是本人：请选另一位同事。")
    if row.valid_to < row.valid_from:
        raise Invalid("结束日期早于开始日期：请核对两个日期。")
    if row.valid_to < today:
        raise Invalid("这些日子已经过去：代理只能从今天或以后开始。")
    for who in (row.person, row.deputy):
        if not who.may_enter(row.valid_to) or not who.may_enter(today):
            raise Conflict(f"{who} 的账号在代理期间停用：请选另一位同事，或改日期。")
    _check_holds(row)
    touching = Deputy.objects.touching(row.valid_from, row.valid_to)
    _check_chain(row, touching)
    others = touching.filter(person=row.person)
    clash = others if not row.role else others.filter(role__in=("", row.role))
    found = clash.select_related("deputy").first()
    if found:
        raise Conflict(
            f"{day_text(found.valid_from)}到{day_text(found.valid_to)}已由 {found.deputy} 代理"
            f"“{found.what}”，日期重叠：请先结束那次代理，或改日期。"
        )


def _check_holds(row: Deputy) -> None:
    held = (
        Tenure.objects.touching(row.valid_from, row.valid_to)
        .filter(user=row.person)
        .exclude(role=Role.EMPLOYEE)
    )
    if row.role:
        held = held.filter(role=row.role)
    if not held.exists():
        what = f"“{row.what}”" if row.role else "任何需要代理的岗位"
        raise Conflict(f"{row.person} 在这些日子没有担任{what}：请核对岗位和日期。")


def _check_chain(row: Deputy, touching: DeputyQuerySet) -> None:
    """No deputy of a deputy: neither is the deputy absent, nor the person somebody's deputy."""
    absent = touching.filter(person=row.deputy).select_related("deputy").first()
    if absent:
        raise Conflict(
            f"{row.deputy} 在{day_text(absent.valid_from)}到{day_text(absent.valid_to)}"
            f"自己也由 {absent.deputy} 代理：请选另一位同事。"
        )
    other = touching.filter(deputy=row.person).select_related("person").first()
    if other:
        raise Conflict(
            f"{row.person} 在{day_text(other.valid_from)}到{day_text(other.valid_to)}"
            f"正代理 {other.person}，代理不能再转给别人：请先结束那次代理，或改日期。"
        )

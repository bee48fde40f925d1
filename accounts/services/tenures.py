"""Tenures: added, ended, corrected, withdrawn; shares and dates are checked before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction

from accounts.models import Department, Tenure, User
from accounts.roles import TEAM, Role
from accounts.services.common import STREAM, checked_reason, day_or_open, one_at_a_time
from accounts.stores import store_names
from accounts.timeline import Segment, Span, fullest, segments
from haitang.kernel import audit
from haitang.kernel.display import day_text, factor
from haitang.kernel.errors import Conflict, Invalid


@dataclass(frozen=True)
class Saved:
    """A tenure as it is kept now, and what is worth knowing about the role afterwards."""

    tenure: Tenure
    warnings: tuple[str, ...] = ()


def add_tenure(
    *,
    user: User,
    role: Role,
    valid_from: date,
    valid_to: date | None,
    share: Fraction = Fraction(1),
    store_code: str = "",
    department: Department | None = None,
    by: User,
    now: datetime,
) -> Saved:
    """The person holds the role from ``valid_from`` to ``valid_to`` (None: until further notice).

    Raises Invalid or Conflict with a sentence for dates, shares, stores or departments that do
    not fit (``_check``). Warns when the role is not wholly held on some day of the tenure.
    """
    tenure = Tenure(
        user=user,
        role=role,
        valid_from=valid_from,
        valid_to=valid_to,
        share=share,
        store_code=store_code,
        department=department,
    )
    with transaction.atomic():
        one_at_a_time()
        _check(tenure)
        tenure.save()
        audit.record(
            stream=STREAM,
            act="add_tenure",
            obj=tenure,
            by=by,
            now=now,
            details={"person": user.username, **facts(tenure)},
        )
        return Saved(tenure, _warnings(tenure, tenure.valid_from))


def end_tenure(*, tenure: Tenure, last_day: date, reason: str, by: User, now: datetime) -> Saved:
    """The tenure ends with ``last_day``. Raises Conflict when it ends earlier already."""
    with transaction.atomic():
        one_at_a_time()
        tenure = Tenure.objects.select_related("user").get(pk=tenure.pk)
        if tenure.valid_to and tenure.valid_to <= last_day:
            raise Conflict(f"这条任职已在{day_text(tenure.valid_to)}结束：要改日期请用“更正”。")
        before = facts(tenure)
        tenure.valid_to = last_day
        _keep("end_tenure", tenure, before, checked_reason(reason), by, now)
        return Saved(tenure, _warnings(tenure, last_day + timedelta(days=1)))


def correct_tenure(
    *,
    tenure: Tenure,
    valid_from: date,
    valid_to: date | None,
    share: Fraction,
    store_code: str = "",
    department: Department | None = None,
    reason: str,
    by: User,
    now: datetime,
) -> Saved:
    """What was recorded wrongly; the facts before stay in the audit trail, with the reason."""
    with transaction.atomic():
        one_at_a_time()
        tenure = Tenure.objects.select_related("user").get(pk=tenure.pk)
        before = facts(tenure)
        tenure.valid_from, tenure.valid_to, tenure.share = valid_from, valid_to, share
        tenure.store_code, tenure.department = store_code, department
        if facts(tenure) == before:
            raise Conflict("没有改动：请先改好日期、份额、门店或部门再保存。")
        _keep("correct_tenure", tenure, before, checked_reason(reason), by, now)
        return Saved(tenure, _warnings(tenure, tenure.valid_from))


def remove_tenure(*, tenure: Tenure, reason: str, by: User, now: datetime) -> None:
    """Withdraw a tenure that never was; its facts stay in the audit trail, with the reason."""
    reason = checked_reason(reason)
    with transaction.atomic():
        one_at_a_time()
        audit.record(
            stream=STREAM,
            act="remove_tenure",
            obj=tenure,
            by=by,
            now=now,
            details={"person": tenure.user.username, "before": facts(tenure), "reason": reason},
        )
        tenure.delete()


def facts(tenure: Tenure) -> dict[str, str]:
    """A tenure as the audit trail keeps it."""
    return {
        "role": tenure.role,
        "from": tenure.valid_from.isoformat(),
        "to": day_or_open(tenure.valid_to),
        "share": str(tenure.share),
        "store": tenure.store_code,
        "department": tenure.department.name if tenure.department else "",
    }


def spans_of(role: str, first: date, last: date, *, except_pk: int = 0) -> list[Span]:
    """The holders of a role between two days."""
    rows = Tenure.objects.touching(first, last).filter(role=role).exclude(pk=except_pk)
    return [span_of(each) for each in rows.select_related("user")]


def span_of(tenure: Tenure) -> Span:
    """A tenure as the time line sees it."""
    return Span(tenure.user_id, str(tenure.user), tenure.valid_from, tenure.valid_to, tenure.share)


def _keep(
    act: str, tenure: Tenure, before: dict[str, str], reason: str, by: User, now: datetime
) -> None:
    _check(tenure)
    tenure.save()
    audit.record(
        stream=STREAM,
        act=act,
        obj=tenure,
        by=by,
        now=now,
        details={
            "person": tenure.user.username,
            "before": before,
            "after": facts(tenure),
            "reason": reason,
        },
    )


def _check(tenure: Tenure) -> None:
    if tenure.valid_to and tenure.valid_to < tenure.valid_from:
        raise Invalid("结束日期早于开始日期：请核对两个日期。")
    last_day = tenure.user.last_day
    if last_day and (tenure.valid_to is None or tenure.valid_to > last_day):
        raise Conflict(
            f"{tenure.user} 的账号到{day_text(last_day)}为止：任职要在这一天或之前结束，"
            "或者先重新启用账号。"
        )
    _check_place(tenure)
    _check_overlap(tenure)
    _check_share(tenure)


def _check_place(tenure: Tenure) -> None:
    """Who manages a store names it, who is liaison of a department names that; nobody else."""
    is_manager = tenure.role == Role.STORE_MANAGER
    is_liaison = tenure.role == Role.LIAISON
    if is_manager and not tenure.store_code:
        raise Invalid("店长要写明是哪一家门店：请选门店。")
    known = store_names()
    if is_manager and known and tenure.store_code not in known:
        raise Invalid(f"没有编码为“{tenure.store_code}”的门店：请核对编码。")
    if is_liaison and tenure.department is None:
        raise Invalid("部门对接人要写明是哪个部门：请选部门。")
    if is_liaison and tenure.department and tenure.department.liaison_role:
        post = Role(tenure.department.liaison_role).label
        raise Invalid(f"“{tenure.department}”的对接岗位是“{post}”：请选这个岗位。")
    if not is_manager:
        tenure.store_code = ""
    if not is_liaison:
        tenure.department = None


def _check_overlap(tenure: Tenure) -> None:
    same = (
        Tenure.objects.touching(tenure.valid_from, tenure.valid_to or date.max)
        .filter(
            user=tenure.user,
            role=tenure.role,
            store_code=tenure.store_code,
            department=tenure.department,
        )
        .exclude(pk=tenure.pk)
        .first()
    )
    if same:
        until = f"到{day_text(same.valid_to)}" if same.valid_to else "起，至今"
        raise Conflict(
            f"{tenure.user} 已有“{same.get_role_display()}”的任职"
            f"（{day_text(same.valid_from)}{until}），日期重叠：请先结束或更正那一条。"
        )


def _check_share(tenure: Tenure) -> None:
    """Those who share a role that shares the pool have at most the whole of it on any day."""
    if tenure.role not in TEAM:
        tenure.share = Fraction(1)
        return
    if not 0 < tenure.share <= 1:
        raise Invalid("份额要大于 0、不超过 1，例如 1、0.5 或 1/3。")
    first, last = tenure.valid_from, tenure.valid_to or date.max
    others = spans_of(tenure.role, first, last, except_pk=tenure.pk or 0)
    worst = fullest(segments(others, first, last))
    if worst.total + tenure.share > 1:
        names = "、".join(f"{each.person}（{factor(each.share)}）" for each in worst.holders)
        raise Conflict(
            f"{day_text(worst.first)}起“{Role(tenure.role).label}”已由{names}任职，"
            f"再加 {factor(tenure.share)} 就超过 1：请先结束那条任职，或改小份额。"
        )


def _warnings(tenure: Tenure, first: date) -> tuple[str, ...]:
    """The first days, from ``first`` on, on which the role is held by nobody or not wholly."""
    if tenure.role not in TEAM:
        return ()
    last = max(first, tenure.valid_to or first)
    found = segments(spans_of(tenure.role, first, date.max), first, last)
    wanting = next((each for each in found if each.is_gap or each.is_short), None)
    return (_wanting(Role(tenure.role), wanting),) if wanting else ()


def _wanting(role: Role, segment: Segment) -> str:
    if segment.is_gap:
        return (
            f"{day_text(segment.first)}起没有人任“{role.label}”：这些天的月份结算会停住，"
            "请登记接任的人。"
        )
    return (
        f"{day_text(segment.first)}起“{role.label}”的份额合计只有 {factor(segment.total)}，"
        "不到 1：请补上分担的人或改份额。"
    )

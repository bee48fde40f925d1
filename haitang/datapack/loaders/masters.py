"""Stores, the holiday calendar and staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from accounts.models import Department, Tenure, User
from accounts.roles import LIAISON_DEPARTMENT, Role
from accounts.services import department_named, department_of_liaison, reserved_fault
from campaigns.models import CalendarDay, CalendarYear, Store
from campaigns.seeding import replace_years
from haitang.datapack.loaders.base import LoadContext, Loader, Parse, texts, upsert
from haitang.datapack.tables import BadCell, Row

PACK_SOURCE = "数据包 calendar.csv"


@dataclass(frozen=True)
class StoreEntry:
    code: str
    name: str
    opened_on: date
    closed_on: date | None


def _store(row: Row) -> StoreEntry:
    entry = StoreEntry(
        row.text("code"), row.text("name"), row.day("opened_on"), row.optional_day("closed_on")
    )
    if entry.closed_on and entry.closed_on < entry.opened_on:
        raise BadCell("closed_on", row.text("closed_on"), "停业日期早于开业日期。")
    return entry


def _keep_stores(entries: Sequence[StoreEntry], context: LoadContext) -> int:
    return sum(
        upsert(
            Store,
            {"code": each.code},
            {"name": each.name, "opened_on": each.opened_on, "closed_on": each.closed_on},
        )
        for each in entries
    )


def _calendar_day(row: Row) -> tuple[date, str]:
    return row.day("date"), row.choice("kind", CalendarDay.Kind.values)


def _keep_calendar(entries: Sequence[tuple[date, str]], context: LoadContext) -> int:
    kinds = dict(entries)
    years = {day.year for day in kinds}
    kept = CalendarDay.objects.filter(date__year__in=years).values_list("date", "kind")
    known = CalendarYear.objects.filter(year__in=years).count()
    if dict(kept) == kinds and known == len(years):
        return 0
    replace_years(kinds, years=years, source=PACK_SOURCE)
    return len(kinds)


@dataclass(frozen=True)
class TenureEntry:
    username: str
    name: str
    role: str
    valid_from: date
    valid_to: date | None
    share: Fraction
    department: str
    store: str


def _prepare_staff() -> Parse:
    stores = set(Store.objects.values_list("code", flat=True))

    def parse(row: Row) -> TenureEntry:
        role = row.choice("role", Role.values)
        entry = TenureEntry(
            username=row.text("username"),
            name=row.text("name"),
            role=role,
            valid_from=row.day("valid_from"),
            valid_to=row.optional_day("valid_to"),
            share=row.number("share"),
            department=row.optional("department"),
            store=row.optional("store"),
        )
        if fault := reserved_fault(entry.username):
            raise BadCell("username", entry.username, fault)
        if not 0 < entry.share <= 1:
            raise BadCell("share", row.text("share"), "份额要大于 0、不超过 1。")
        if entry.valid_to and entry.valid_to < entry.valid_from:
            raise BadCell("valid_to", row.text("valid_to"), "结束日期早于开始日期。")
        if entry.store and entry.store not in stores:
            raise BadCell("store", entry.store, "没有这个编码的门店。")
        return entry

    return parse


def _keep_staff(entries: Sequence[TenureEntry], context: LoadContext) -> int:
    return sum(_keep_tenure(each) for each in entries)


def _keep_tenure(entry: TenureEntry) -> bool:
    department = None
    if entry.department:
        department = department_named(entry.department)
    elif entry.role in LIAISON_DEPARTMENT:
        department = department_of_liaison(Role(entry.role))
    user, changed = User.objects.get_or_create(
        username=entry.username, defaults={"name": entry.name, "department": department}
    )
    if changed:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif user.name != entry.name or (department and user.department_id != department.pk):
        user.name, user.department = entry.name, department or user.department
        user.save(update_fields=["name", "department"])
        changed = True
    key = {
        "user": user,
        "role": entry.role,
        "valid_from": entry.valid_from,
        "store_code": entry.store,
    }
    return upsert(Tenure, key, {"valid_to": entry.valid_to, "share": entry.share}) or changed


STORES = Loader(
    "stores.csv",
    ("code", "name", "opened_on", "closed_on"),
    lambda: _store,
    _keep_stores,
    identity=lambda entry: entry.code,
    kept_in=texts(Store, code="code", name="name"),
)
CALENDAR = Loader(
    "calendar.csv",
    ("date", "kind"),
    lambda: _calendar_day,
    _keep_calendar,
    identity=lambda entry: entry[0],
    identified_by="date",
)
STAFF = Loader(
    "staff.csv",
    ("username", "name", "role", "valid_from", "valid_to", "share"),
    _prepare_staff,
    _keep_staff,
    identity=lambda entry: (entry.username, entry.role, entry.valid_from, entry.store),
    identified_by="username",
    kept_in={
        **texts(User, username="username", name="name"),
        **texts(Department, department="name"),
    },
)

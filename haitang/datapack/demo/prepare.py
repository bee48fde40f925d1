"""Makes the demonstration ready: pack, data, people with passwords, the last month settled."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Tenure, User
from accounts.roles import Role
from campaigns.models import Campaign, Store
from haitang.datapack.demo.chain import stores
from haitang.datapack.demo.history import Office, settle_past
from haitang.datapack.demo.pack import DEMO_LAST_MONTH, pack_digest, write_demo_pack
from haitang.datapack.demo.plan import campaigns
from haitang.datapack.demo.replies import enter_replies
from haitang.datapack.demo.span import Span
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from incentives.calculation.services import calculate_month
from incentives.models import SettlementRun
from incentives.selectors import run_of

LOADED = "demo.loaded"
ADMINISTRATOR = "admin"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to log in as."""

    role: str
    name: str
    username: str

    @property
    def password(self) -> str:
        """The password given at the first preparation; the person may have changed it since."""
        return f"haitang-{self.username}"


@dataclass(frozen=True)
class Demo:
    """What is ready to be shown."""

    run: SettlementRun
    people: list[DemoPerson]


def prepare_demo(*, folder: Path, now: datetime, tell: Tell) -> Demo:
    """Generate the pack into ``folder`` when it is not there, load it, add people, settle.

    The official account's replies are entered, too.

    What is done already is not done again. Raises Conflict, before anything is written, when the
    database holds data that are not the demonstration's.
    """
    if not _is_loaded(folder):
        _refuse_other_data(Span(DEMO_LAST_MONTH))
        if not _is_written(folder):
            tell("正在生成演示数据包：12 家门店、16 个月的销售……")
            _generate(folder)
        _load(folder, now=now, tell=tell)
    people = _demo_people(DEMO_LAST_MONTH.last)
    _give_passwords(people, now=now)
    usernames = _by_role(people)
    run = run_of(DEMO_LAST_MONTH) or _settle(usernames, now=now, tell=tell)
    enter_replies(
        service=User.objects.get(username=usernames[Role.CS]),
        supervisor=User.objects.get(username=usernames[Role.SUPERVISOR]),
        now=now,
    )
    return Demo(run, people)


def _is_written(folder: Path) -> bool:
    return (folder / "stores.csv").is_file()


def _is_loaded(folder: Path) -> bool:
    if not _is_written(folder):
        return False
    return AuditEntry.objects.filter(act=LOADED, object_id=pack_digest(folder)).exists()


def _generate(folder: Path) -> None:
    """Write the pack beside its place and move it there whole."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_demo_pack(unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def _refuse_other_data(span: Span) -> None:
    """Never mix an invented chain with a real one."""
    invented = {
        "门店": {(store.code, store.name) for store in stores(span)},
        "活动": {(campaign.code, campaign.title) for campaign in campaigns(span)},
    }
    present = {
        "门店": Store.objects.values_list("code", "name"),
        "活动": Campaign.objects.values_list("code", "title"),
    }
    for what, rows in present.items():
        foreign = sorted(code for code, _ in set(rows) - invented[what])
        if foreign:
            found = "、".join(foreign[:3]) + ("等" if len(foreign) > 3 else "")
            raise Conflict(
                f"这个数据库里已有不属于演示的数据（{what} {found}），演示数据不会混进去。"
                "请用 DATABASE_URL 指定一个空的数据库，或用 VAR_DIR 指定一个空的文件夹，"
                "再运行演示。"
            )


def _load(folder: Path, *, now: datetime, tell: Tell) -> None:
    # Imported here: it brings pandas along, and every start but the first loads nothing.
    from haitang.datapack.services import load_pack

    tell("正在载入演示数据包……")
    loaded = load_pack(path=folder, now=now, report=tell)
    if not loaded.ok:
        raise Invalid(
            f"演示数据包 {folder} 有误，没有载入完：请删除这个文件夹后重试。",
            details=[str(row) for row in loaded.rejected[:5]],
        )
    with transaction.atomic():
        audit.record(
            stream="datapack",
            act=LOADED,
            by=None,
            now=now,
            object_type="demo_pack",
            object_id=pack_digest(folder),
            object_name="演示数据包",
        )


def _demo_people(day: date) -> list[DemoPerson]:
    """One person a role, holding it that day, in the order of the roles; then the administrator."""
    order = {role: number for number, role in enumerate(Role.values)}
    tenures = Tenure.objects.on(day).select_related("user").order_by("store_code", "user__username")
    people: dict[str, DemoPerson] = {}
    taken: set[str] = set()
    for tenure in sorted(tenures, key=lambda each: order[each.role]):
        user = tenure.user
        if tenure.role not in people and user.username not in taken:
            label = str(Role(tenure.role).label)
            people[tenure.role] = DemoPerson(label, user.name, user.username)
            taken.add(user.username)
    return [*people.values(), DemoPerson("系统管理员", "系统管理员", ADMINISTRATOR)]


def _give_passwords(people: Iterable[DemoPerson], *, now: datetime) -> None:
    """A password for each who has none yet, and an administrator when there is none."""
    users = {
        user.username: user
        for user in User.objects.filter(username__in=[person.username for person in people])
    }
    waiting = [
        person
        for person in people
        if person.username not in users or not _can_log_in(users[person.username])
    ]
    # Slow on purpose, and outside Python's lock: as many at a time as there are processors.
    with ThreadPoolExecutor() as pool:
        hashes = list(pool.map(make_password, [person.password for person in waiting]))
    with transaction.atomic():
        for person, password in zip(waiting, hashes, strict=True):
            user = users.get(person.username)
            if user:
                User.objects.filter(pk=user.pk).update(password=password)
            else:
                User.objects.create(
                    username=person.username,
                    name=person.name,
                    password=password,
                    is_staff=True,
                    is_superuser=True,
                    date_joined=now,
                )


def _can_log_in(user: User) -> bool:
    return bool(user.password) and user.has_usable_password()


def _by_role(people: list[DemoPerson]) -> dict[str, str]:
    """Who holds a role, by its code: the username."""
    named = {person.role: person.username for person in people}
    return {role.value: named[str(role.label)] for role in Role if str(role.label) in named}


def _settle(usernames: dict[str, str], *, now: datetime, tell: Tell) -> SettlementRun:
    """The year before settled, the last month calculated in the name of who submits it."""
    office = Office.of(usernames)
    settle_past(office, Span(DEMO_LAST_MONTH), now=now, tell=tell)
    tell(f"正在计算 {DEMO_LAST_MONTH} 的结算……")
    return calculate_month(month=DEMO_LAST_MONTH, by=office.supervisor, now=now)

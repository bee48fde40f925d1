"""What every page needs: who is here and which parts of the product this person may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest

from accounts import rules
from accounts.models import User
from content.rules import may_enter_reads, may_see_articles
from haitang.kernel.addresses import address
from haitang.policy.rules import may_see_policy
from haitang.wechat.rules import may_manage_wechat, may_see_figures
from incentives.rules import may_decide_events, may_see_funds, may_see_kpi, may_tell_events
from membership.rules import (
    may_answer,
    may_file_complaints,
    may_read_inbox,
    may_see_scenes,
)

BAR = 4  # entries that the telephone's bar has room for, beside “更多”


@dataclass(frozen=True)
class Entry:
    """One entry of the main navigation; ``icon`` names a symbol of static/img/icons.svg."""

    name: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True)
class Menu:
    """Entries of one group, or one entry alone (no ``name``)."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def current(self) -> bool:
        return any(entry.current for entry in self.entries)


@dataclass(frozen=True)
class Door:
    """Where an entry leads, who may go there and whose daily work it is.

    ``also`` are addresses that belong to it though they begin otherwise; doors of one ``group``
    share one entry of the office screen's navigation, which opens to them.
    """

    name: str
    icon: str
    view: str
    allowed: rules.Predicate
    daily: rules.Predicate
    also: tuple[str, ...] = ()
    group: str = ""


_DOORS = (
    Door("工作台", "home", "home", rules.anyone, rules.anyone),
    Door(
        "结算",
        "months",
        "months",
        rules.may_see_months,
        rules.may_see_months,
        also=("/payslips/", "/discrepancies/"),
    ),
    Door("资金", "funds", "funds", may_see_funds, rules.is_finance, also=("/ledger/",)),
    Door(
        "活动",
        "campaigns",
        "campaigns",
        rules.may_see_campaigns,
        rules.may_see_campaigns,
        also=("/new-campaign/", "/cards/"),
    ),
    Door(
        "推文",
        "content",
        "articles",
        may_see_articles,
        may_enter_reads,
        also=("/new-article/", "/reads/"),
    ),
    Door(
        "公众号",
        "wechat",
        "wechat-figures",
        may_see_figures,
        may_manage_wechat,
        also=("/wechat/",),
    ),
    Door(
        "门店",
        "stores",
        "stores",
        rules.may_see_campaigns,
        rules.is_store_manager,
        also=("/new-store/",),
    ),
    Door(
        "留言",
        "inbox",
        "inbox",
        may_read_inbox,
        may_answer & ~rules.is_administrator,
        also=("/complaints/", "/replies/", "/followers/", "/scenes/"),
    ),
    Door(
        "二维码",
        "scenes",
        "scenes",
        may_see_scenes & ~may_read_inbox,
        ~rules.anyone,
        also=("/followers/", "/complaints/", "/replies/"),
    ),
    Door("投诉", "inbox", "complaints", may_file_complaints & ~may_see_scenes, ~rules.anyone),
    Door("考核", "kpi", "kpi", may_see_kpi, may_decide_events, also=("/objections/",)),
    Door("登记扣减", "kpi", "kpi-new", may_tell_events & ~may_see_kpi, ~rules.anyone),
    Door(
        "数据",
        "imports",
        "imports",
        rules.may_see_imports,
        rules.may_import,
        also=("/packs/",),
    ),
    Door(
        "制度",
        "policy",
        "policy",
        may_see_policy,
        rules.is_team | rules.is_finance,
        also=("/what-if/",),
        group="制度",
    ),
    Door(
        "日历",
        "calendar",
        "calendar-now",
        rules.may_see_campaigns,
        rules.is_store_manager,
        group="制度",
    ),
    Door(
        "人员",
        "people",
        "people",
        rules.may_see_people,
        rules.may_manage_people,
        group="管理",
    ),
    Door("代理", "deputies", "deputies", rules.anyone, ~rules.anyone, group="管理"),
    Door("记录", "audit", "audit", rules.may_see_audit, rules.is_administrator, group="管理"),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """The entries of the main navigation that this person may open, the person and the roles.

    On an office screen those of one group wait behind its name (a group of one is an entry like
    any other). On a telephone four of them stand in the bar, a person's daily work first; the
    others wait behind “更多”. All of them keep their order.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    doors = [door for door in _DOORS if door.allowed(user)]
    entries = {door: _entry(door, request.path) for door in doors}
    bar = _bar(doors, user)
    behind = [entries[door] for door in doors if door not in bar]
    return {
        "navigation": _menus(doors, entries),
        "bar": [entries[door] for door in doors if door in bar],
        "behind": behind,
        "is_behind": any(entry.current for entry in behind),
        "person": str(user),
        "person_url": address("person", user.pk),
        "person_roles": rules.standing(user).names,
        "is_administrator": rules.is_administrator(user),
    }


def _menus(doors: Sequence[Door], entries: dict[Door, Entry]) -> list[Menu]:
    """The doors in their order, neighbours of one group together."""
    menus = []
    for _, run in groupby(doors, key=lambda door: door.group or door.view):
        members = list(run)
        name = members[0].group if len(members) > 1 else ""
        menus.append(Menu(name, tuple(entries[door] for door in members)))
    return menus


def _bar(doors: Sequence[Door], user: User) -> list[Door]:
    """Daily work before the rest, each in the order of the navigation."""
    return sorted(doors, key=lambda door: not door.daily(user))[:BAR]


def _entry(door: Door, path: str) -> Entry:
    url = address(door.view)
    current = path == url if url == "/" else path.startswith((url, *door.also))
    return Entry(door.name, door.icon, url, current)

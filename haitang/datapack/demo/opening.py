"""The simulated account's first day: codes to scan, a menu to tap, the followers that it has.

Done once an account, when the simulator answers: it is the simulator that gives out the codes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.models import Tenure, User
from accounts.roles import Role
from campaigns.models import Campaign, Store
from haitang.datapack.demo.replies import ENTERED, MEMBER_DAY_KEY, POINTS_KEY, STORES_KEY
from haitang.kernel import audit
from haitang.kernel.clock import business_day
from haitang.kernel.errors import Refusal
from haitang.kernel.models import AuditEntry
from haitang.wechat import gateway, menus
from haitang.wechat.accounts import current_account
from haitang.wechat.models import MenuVersion
from membership.models import Conversation, Follower, SceneCode
from membership.scenes import fetch_code, make_scene, retire_scene
from membership.syncing import sync_followers

OPENED = "demo.opened"
CAMPAIGNS = 2
COUNTER, SHELF = "收银台台卡", "活动海报"
MENU: list[menus.Button] = [
    {"type": "click", "name": "门店", "key": STORES_KEY},
    {
        "name": "会员",
        "sub_button": [
            {"type": "click", "name": "会员日", "key": MEMBER_DAY_KEY},
            {"type": "click", "name": "积分", "key": POINTS_KEY},
        ],
    },
]
Tell = Callable[[str], None]


def is_demonstration() -> bool:
    """Whether this database holds the demonstration: invented followers never meet a real chain."""
    return AuditEntry.objects.filter(act=ENTERED).exists()


def nobody_wrote_yet() -> bool:
    """Whether no follower has written to the house so far."""
    return not Conversation.objects.exists()


def is_open() -> bool:
    """Whether the configured account has had its first day."""
    account = current_account()
    return AuditEntry.objects.filter(act=OPENED, object_id=account.app_id).exists()


def open_account(*, now: datetime, tell: Tell) -> None:
    """Make what is missing: a code a store and for the newest campaigns, the menu, the followers.

    Called in no transaction, with an account configured. What WeChat refuses is told, and tried
    again at the next start; a code that did not come can also be asked for on its own page.
    """
    technician, operator = _holder(Role.IT, now), _holder(Role.OPS, now)
    account = current_account(now)
    try:
        _codes(account.pk, by=operator, now=now)
        if not MenuVersion.objects.filter(account=account).exists():
            version = menus.save_menu(buttons=MENU, by=technician, now=now)
            menus.push_menu(version=version, client=gateway.client(), by=technician, now=now)
        if not Follower.objects.filter(account=account).exists():
            sync_followers(now=now)
    except Refusal as refusal:
        return tell(f"演示公众号没有准备完，下次启动时再试：{refusal}")
    with transaction.atomic():
        audit.record(
            stream="datapack",
            act=OPENED,
            by=None,
            now=now,
            object_type="demo_pack",
            object_id=account.app_id,
            object_name="演示公众号",
        )
    return None


def _codes(account_id: int, *, by: User, now: datetime) -> None:
    """One a store and a campaign that has none; a closed store's is out of use at once."""
    made = SceneCode.objects.filter(account_id=account_id)
    for code in made.filter(ticket="", retired_at=None):
        fetch_code(code=code, by=by, now=now)
    stores = set(made.values_list("store", flat=True))
    day = business_day(now)
    for store in Store.objects.order_by("code").exclude(pk__in=stores - {None}):
        name = f"{store.name.rpartition('·')[2]}{COUNTER}"
        code = make_scene(name=name, store=store, campaign=None, days=None, by=by, now=now)
        if store.closed_on is not None and store.closed_on < day:
            retire_scene(code=code, by=by, now=now)
    campaigns = set(made.values_list("campaign", flat=True))
    newest = Campaign.objects.exclude(status="cancelled").order_by("-start", "-pk")[:CAMPAIGNS]
    for campaign in newest:
        if campaign.pk not in campaigns:
            name = f"{campaign.title.partition('·')[0]}{SHELF}"
            make_scene(name=name, store=None, campaign=campaign, days=None, by=by, now=now)


def _holder(role: Role, now: datetime) -> User:
    """Who holds a post of the demonstration's chain that day."""
    tenures = Tenure.objects.on(business_day(now)).filter(role=role).order_by("user__username")
    return tenures.select_related("user")[0].user

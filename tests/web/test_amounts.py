"""Nobody sees what another person gets without the right to: a walk with every amount known."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache as shared_cache
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from content.models import Article
from haitang.kernel.clock import Month
from haitang.policy.document import DEFAULT
from incentives.calculation.services import calculate_month
from incentives.models import SettlementRun
from incentives.rules import may_see_amounts
from incentives.whatif.trials import start_trial
from tests.web import scene
from tests.web.permission_scene import PermissionScene, make_person, make_scene
from tests.web.test_permissions import ADMIN, NO, rows

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OCTOBER = Month(2026, 10)
# A different cut for each role, so that every amount tells whose it is.
CUTS = (
    ("planner.assessment", "1"),
    ("supervisor.assessment", "3"),
    ("it.complaint", "1"),
    ("ops.store_not_executed", "3"),
    ("cs.archive_incomplete", "7"),
)
# Of the team one who tries policies and one who does not; and who is not of the team.
WITHOUT = ("planner", "it", "clerk", ADMIN)


@pytest.fixture
def the() -> PermissionScene:
    """A calculated month in which everybody lost another part, and a trial over it."""
    found = make_scene(ADMIN)
    Article.objects.update(reads=20_000)
    for rule, quantity in CUTS:
        scene.make_event(rule, quantity)
    scene.make_event("art.template_missing", "1", month="2025-12")
    calculate_month(month=OCTOBER, by=found.user, now=scene.MOMENT)
    found.own["试算"] = start_trial(
        document={**DEFAULT, "pool_rate": "0.25"},
        name="试",
        first=OCTOBER,
        until=OCTOBER,
        by=found.user,
        now=scene.MOMENT,
    ).pk
    return found


def _person(role: str, the: PermissionScene) -> User:
    if role == ADMIN:
        return the.user
    return User.objects.filter(username=f"team_{role}").first() or make_person(role)


def _secret(user: User) -> dict[str, str]:
    """What may nowhere be seen by that person: amount → whose it is."""
    run = SettlementRun.objects.filter(month=str(OCTOBER)).latest("number")
    found: dict[str, str] = {}
    for role in run.document["roles"][:-1]:
        others = all(each["username"] != user.username for each in role["payees"])
        if others and role["payable"] != role["gross"]:
            found |= {role["payable"]: role["role"], role["withheld"]: role["role"]}
    return {amount: whose for amount, whose in found.items() if float(amount) > 1}


def test_no_page_shows_what_another_gets(the: PermissionScene, client: Client) -> None:
    seen = []
    for role in WITHOUT:
        user = _person(role, the)
        secret = _secret(user)
        assert (len(secret) >= 8, may_see_amounts(user)) == (True, False)
        for row in rows():
            for method, pattern in row.addresses:
                if method == "GET" and row.marks[role] != NO:
                    address = f"{the.address(pattern)}?by=role"
                    text = _text(client, user, address)
                    seen += [f"{role} {address}: {a} {w}" for a, w in secret.items() if a in text]
    assert not seen, "\n".join(seen)


def _text(client: Client, user: User, address: str) -> str:
    shared_cache.clear()  # nobody is held up for asking so much
    if client.session.get("_auth_user_id") != str(user.pk):
        client.force_login(user)
    answer = client.get(address)
    body = b"".join(answer) if answer.streaming else answer.content
    return bytes(body).decode(errors="replace")


def test_walk_would_find_an_amount(the: PermissionScene, client: Client) -> None:
    """Finance, who may, sees every one of them on the month's page."""
    user = make_person(Role.FINANCE)
    secret = _secret(user)
    page = _text(client, user, "/months/2026-10/")
    assert all(amount in page for amount in secret)
    answer = json.loads(_text(client, user, "/api/settlements/2026-10/"))
    shown = {each["payable"] for each in answer["roles"]}
    assert len(secret) == 11  # of six roles what is left and what is withheld; 0.44 is too short
    assert len(shown & set(secret)) == 6


def test_own_part_is_shown_whole(the: PermissionScene, client: Client) -> None:
    user = _person("it", the)
    page = _text(client, user, "/months/2026-10/")
    assert "¥26.29" in page  # 29.21 × 0.9
    assert "其他部门投诉一次" in page
    body = json.loads(_text(client, user, "/api/settlements/2026-10/"))
    roles = {each["role"]: each for each in body["roles"]}
    assert roles["it"]["payees"] == [{"username": "team_it", "amount": "26.29"}]
    assert roles["it"]["withheld"] == "2.92"
    others = {key: roles["ops"][key] for key in ("coefficient", "gross", "payable", "withheld")}
    assert others == {"coefficient": "0.10", "gross": "29.21", "payable": None, "withheld": None}
    assert (roles["ops"]["payees"], roles["ops"]["deductions"]) == ([], [])
    assert roles["reserve"]["payable"] == "58.41"


def test_deductions_of_others_are_not_on_the_month_of_the_liaison(
    the: PermissionScene, client: Client
) -> None:
    user = _person("it", the)
    page = _text(client, user, "/kpi/2026-10/")
    assert "本月扣 10%" in page
    assert "本月扣 30%" not in page
    assert "别的岗位的扣减只有本人" in page
    office = _text(client, make_person(Role.FINANCE), "/kpi/2026-10/")
    assert "本月扣 30%" in office

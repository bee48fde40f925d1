"""The administrator's Django admin: every model opens, records cannot be changed, rules hold."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns.models import Campaign
from incentives.models import SettlementRun
from tests.web import scene

pytestmark = pytest.mark.django_db
MODELS = sorted(model._meta.label_lower for model in admin.site._registry)


def _address(label: str, page: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}")


@pytest.mark.parametrize("label", MODELS)
def test_list_opens_for_the_administrator(label: str, client: Client, administrator: User) -> None:
    client.force_login(administrator)
    assert client.get(_address(label, "changelist")).status_code == 200


def test_admin_is_closed_to_a_manager(client: Client, general_manager: User) -> None:
    client.force_login(general_manager)
    assert client.get("/django-admin/").status_code == 302


@pytest.mark.parametrize(
    "label",
    [
        "incentives.settlementrun",
        "incentives.problemoverride",
        "incentives.reserveexpense",
        "campaigns.salesimport",
        "kernel.auditentry",
    ],
)
def test_records_cannot_be_added_by_hand(label: str, client: Client, administrator: User) -> None:
    client.force_login(administrator)
    assert client.get(_address(label, "add")).status_code == 403


def test_settlement_run_cannot_be_changed_by_hand(client: Client, administrator: User) -> None:
    run = SettlementRun.objects.create(
        month="2026-10",
        number=1,
        policy_code="p",
        policy={},
        digest="d",
        pool=1,
        margin_uplift=5,
        document={},
        trace={},
        calculated_at=scene.MOMENT,
    )
    client.force_login(administrator)
    address = reverse("admin:incentives_settlementrun_change", args=[run.pk])
    assert client.post(address, {"pool": "9"}).status_code == 403


def _campaign(**changes: str) -> dict[str, str]:
    return {
        "code": "C1",
        "title": "感恩周末",
        "scale": "medium",
        "kind": "weekend",
        "start": "2026-10-17",
        "end": "2026-10-17",
        "status": "planned",
        "focus_items": "[]",
        **changes,
    }


def test_campaign_on_a_makeup_workday_is_refused_where_it_is_entered(
    client: Client, administrator: User
) -> None:
    scene.make_calendar()
    store = scene.make_store()
    client.force_login(administrator)
    data = _campaign(start="2026-10-10", end="2026-10-10", stores=str(store.pk))
    answer = client.post(_address("campaigns.campaign", "add"), data)
    assert "start" in answer.context["adminform"].form.errors
    assert not Campaign.objects.exists()


def test_campaign_that_fits_is_kept(client: Client, administrator: User) -> None:
    scene.make_calendar()
    store = scene.make_store()
    client.force_login(administrator)
    answer = client.post(_address("campaigns.campaign", "add"), _campaign(stores=str(store.pk)))
    assert answer.status_code == 302
    assert Campaign.objects.get().stores.get() == store


def test_person_is_added_with_name_and_without_rights(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    data = {
        "username": "liu",
        "name": "刘思远",
        "password1": "haitang-2026-liu",
        "password2": "haitang-2026-liu",
    }
    assert client.post(_address("accounts.user", "add"), data).status_code == 302
    user = User.objects.get(username="liu")
    assert (user.name, user.is_superuser) == ("刘思远", False)

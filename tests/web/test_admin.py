"""The administrator's Django admin: every model opens, records cannot be changed, rules hold."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import User
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


@pytest.mark.parametrize("label", MODELS)
def test_nothing_is_added_changed_or_deleted_past_the_services(
    label: str, client: Client, administrator: User
) -> None:
    """Every write leaves a trail, so none is made here; a failed job can be sent again."""
    client.force_login(administrator)
    assert client.get(_address(label, "add")).status_code == 403
    for page in ("change", "delete"):
        address = reverse(f"admin:{label.replace('.', '_')}_{page}", args=[administrator.pk])
        assert client.post(address, {"name": "x"}).status_code in (302, 403)
    administrator.refresh_from_db()
    assert administrator.name == "管理员"


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

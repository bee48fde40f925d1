"""The number of a settlement's document is on every page of it that is printed."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from haitang.policy.document import parse
from incentives.models import SettlementRun
from tests.factories.payments import make_approved, make_people

pytestmark = pytest.mark.django_db
NUMBER = "JS-2026-10-1"


@pytest.fixture
def people(db: None, now: datetime) -> dict[str, User]:
    found = make_people()
    make_approved(found, now=now, fees={"G1": 20_000})
    SettlementRun.objects.update(policy=parse({}).document)
    return found


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("finance", "/months/2026-10/"),
        ("finance", "/months/2026-10/report/"),
        ("finance", "/months/2026-10/payments/"),
        ("finance", "/months/2026-10/payslips/liu/"),
        ("liu", "/payslips/2026-10/"),
        ("finance", "/funds/fees/"),
    ],
)
def test_page_names_the_document(
    who: str, address: str, people: dict[str, User], client: Client
) -> None:
    client.force_login(people[who])
    assert NUMBER in client.get(address).content.decode()

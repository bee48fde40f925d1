"""The people that tests work with."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts.models import Tenure, User
from accounts.roles import Role
from haitang.kernel.clock import business_day

# Fixture → the role its person holds; the administrator holds none.
HOLDERS = {role.value: role.value for role in Role} | {"administrator": None}


@pytest.mark.django_db
@pytest.mark.parametrize(("fixture", "role"), HOLDERS.items())
def test_person_holds_the_role_of_the_fixture(
    fixture: str, role: str | None, now: datetime, request: pytest.FixtureRequest
) -> None:
    person: User = request.getfixturevalue(fixture)
    held = Tenure.objects.on(business_day(now)).filter(user=person).values_list("role", flat=True)
    assert list(held) == ([role] if role else [])
    assert person.is_superuser is (role is None)
    assert person.check_password(person.username)

"""Those who settle a month, for the tests of its steps."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.incentives.life_scene import make_house, make_month


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Everybody by role; October can be calculated: a pool of 200.00."""
    found = make_house()
    make_month()
    return found

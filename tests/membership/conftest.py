"""A configured account, and WeChat's side as the project's own simulator plays it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from haitang.wechat.simulator.server import Simulator, running_simulator
from tests.factories.followers import APP_ID, NOW


@pytest.fixture
def wechat(settings: Settings) -> Iterator[Simulator]:
    """A real local HTTP server that answers as WeChat does, at the tests' own moment."""
    from haitang.wechat.simulator.account import SimulatedAccount

    account = SimulatedAccount(
        app_id=APP_ID, secret="s" * 32, token="token", aes_key="a" * 42 + "A"
    )
    with running_simulator(
        account=account, post=lambda envelope: (200, b"success"), clock=NOW.timestamp
    ) as running:
        for name, value in running.environment.items():
            setattr(settings, name, value)
        yield running

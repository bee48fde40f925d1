"""Fixtures for tests that need more than one process."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.installation import Installation, finish


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, made once and copied for each test."""
    installation = Installation(tmp_path_factory.mktemp("migrated"))
    finish(installation.manage("migrate", "--verbosity", "0"))
    return installation.folder / "haitang.sqlite3"


@pytest.fixture
def embedded(_migrated: Path, tmp_path: Path) -> Iterator[Installation]:
    """An installation as it is without any settings: SQLite, worker in the web process."""
    for file in _migrated.parent.glob(_migrated.name + "*"):
        shutil.copy(file, tmp_path / file.name)
    installation = Installation(tmp_path)
    yield installation
    installation.end()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation on SQLite, and one on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("embedded")
        return
    installation = Installation(tmp_path, database_url=request.getfixturevalue("postgres_url"))
    finish(installation.manage("migrate", "--verbosity", "0"))
    yield installation
    installation.end()


@pytest.fixture
def web_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

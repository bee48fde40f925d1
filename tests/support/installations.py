"""Fixtures: copies of a migrated database, and installations for tests of several processes.

Migrating takes seconds. ``make test`` does it once for each kind of database and names the
results (tests/run.py); otherwise each test process does it for itself.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from tests.kernel.installation import Installation, finish
from tests.support.forks import ForkServer
from tests.support.servers import create_database, drop_database

MADE = os.environ.get("TEST_SQLITE_TEMPLATE", "")


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Use the database that is there already, when it has been copied."""
    return bool(_copied() or request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Put a copy of the migrated database where pytest-django would make one."""
    if _copied():
        _copy(Path(MADE), Path(settings.DATABASES["default"]["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def _forks() -> Iterator[ForkServer]:
    """What the processes of installations are forked from."""
    server = ForkServer.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def _migrated(_forks: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, made once and copied for each test."""
    if MADE:
        return Path(MADE)
    installation = Installation(tmp_path_factory.mktemp("migrated"), _forks)
    finish(installation.manage("migrate", "--verbosity", "0"))
    installation.end()
    return installation.folder / "haitang.sqlite3"


@pytest.fixture(scope="session")
def _migrated_postgres(
    _postgres_server: str,
    _forks: ForkServer,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The name of a migrated PostgreSQL database, made once and copied for each test."""
    if made := os.environ.get("TEST_POSTGRES_TEMPLATE"):
        yield made
        return
    name = f"haitang_migrated_{worker_id}"
    create_database(_postgres_server, name)
    folder = tmp_path_factory.mktemp("migrated-postgres")
    installation = Installation(folder, _forks, database_url=_url_of(_postgres_server, name))
    finish(installation.manage("migrate", "--verbosity", "0"))
    installation.end()
    yield name
    drop_database(_postgres_server, name)


@pytest.fixture
def embedded(_migrated: Path, _forks: ForkServer, tmp_path: Path) -> Iterator[Installation]:
    """An installation as it is without any settings: SQLite, worker in the web process."""
    _copy(_migrated, tmp_path / "haitang.sqlite3")
    installation = Installation(tmp_path, _forks)
    yield installation
    installation.end()


@pytest.fixture
def on_postgres(
    _postgres_server: str,
    _migrated_postgres: str,
    _forks: ForkServer,
    worker_id: str,
    tmp_path: Path,
) -> Iterator[Installation]:
    """An installation on PostgreSQL."""
    name = f"haitang_installation_{worker_id}"
    create_database(_postgres_server, name, template=_migrated_postgres)
    installation = Installation(tmp_path, _forks, database_url=_url_of(_postgres_server, name))
    yield installation
    installation.end()
    drop_database(_postgres_server, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """An installation on SQLite, and one on PostgreSQL."""
    which = "embedded" if request.param == "sqlite" else "on_postgres"
    found: Installation = request.getfixturevalue(which)
    return found


@pytest.fixture
def web_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _copied() -> bool:
    """Whether the tests' own database is a copy; PostgreSQL makes its copies itself."""
    return bool(MADE) and connection.vendor == "sqlite"


def _copy(database: Path, target: Path) -> None:
    for part in database.parent.glob(f"{database.name}*"):
        shutil.copy(part, f"{target}{part.name.removeprefix(database.name)}")


def _url_of(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()

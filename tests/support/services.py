"""Fixtures: a PostgreSQL and a Redis, given by the environment or brought along.

``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name servers to use; without them one is started a
test process (tests/support/servers.py). Where there is none, the test is skipped and says why;
``REQUIRE_SERVICES=1`` makes that a failure, so that continuous integration cannot overlook it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
import redis

from tests.support.servers import (
    ServerMissing,
    create_database,
    drop_database,
    postgres_server,
    redis_server,
)


def missing(what: str) -> NoReturn:
    """Skip the test for want of something of this machine, or fail with ``REQUIRE_SERVICES``."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"REQUIRE_SERVICES=1 而缺少：{what}", pytrace=False)
    pytest.skip(f"缺少：{what}")


def given_postgres() -> str:
    """The URL of a PostgreSQL server that the environment names, or an empty string."""
    for name in ("TEST_DATABASE_URL", "DATABASE_URL"):
        url = os.environ.get(name, "")
        if url.startswith(("postgres://", "postgresql://")):
            return url
    return ""


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        try:
            url = given_postgres() or stack.enter_context(postgres_server())
        except ServerMissing as error:
            missing(f"PostgreSQL（{error}；或用 TEST_DATABASE_URL 指定一个）")
        yield url


@pytest.fixture
def postgres_url(_postgres_server: str, worker_id: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that this test has to itself."""
    name = f"haitang_scratch_{worker_id}"
    create_database(_postgres_server, name)
    yield urlsplit(_postgres_server)._replace(path=f"/{name}").geturl()
    drop_database(_postgres_server, name)


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        try:
            url = os.environ.get("TEST_REDIS_URL") or stack.enter_context(redis_server())
        except ServerMissing as error:
            missing(f"Redis（{error}；或用 TEST_REDIS_URL 指定一个）")
        yield url


@pytest.fixture
def redis_url(_redis_server: str, worker_id: str) -> str:
    """The URL of an empty Redis database that this test process has to itself."""
    number = int(re.sub(r"\D", "", worker_id) or 0)
    url = urlsplit(_redis_server)._replace(path=f"/{number}").geturl()
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        client.flushdb()
    return url

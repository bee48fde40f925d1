"""The fixtures that give tests a PostgreSQL and a Redis."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from tests.support import services
from tests.support.servers import redis_server


@pytest.mark.postgres
@pytest.mark.parametrize("round_", [1, 2])
def test_postgres_database_is_empty_for_each_test(postgres_url: str, round_: int) -> None:
    with contextlib.closing(psycopg2.connect(postgres_url)) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE 海棠 (id integer)")
        cursor.execute("SELECT current_setting('server_encoding')")
        assert cursor.fetchone() == ("UTF8",)
        connection.commit()


@pytest.mark.redis
@pytest.mark.parametrize("round_", [1, 2])
def test_redis_database_is_empty_for_each_test(redis_url: str, round_: int) -> None:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        assert client.incr("rounds") == 1


@pytest.mark.redis
def test_server_is_gone_after_its_block() -> None:
    with redis_server() as url:
        address = (urlsplit(url).hostname, urlsplit(url).port)
    with socket.socket() as probe:
        assert probe.connect_ex(address) != 0


def test_missing_service_fails_when_services_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="缺少：浏览器"):
        services.missing("浏览器")


def test_missing_service_skips_with_the_reason_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="缺少：浏览器"):
        services.missing("浏览器")

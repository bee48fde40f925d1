"""Misconfiguration is told with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from haitang.kernel import checks


def test_check_folders_that_can_be_made_are_fine(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "not" / "there" / "yet"
    assert checks.check_folders() == []


def test_check_folders_names_one_that_cannot_be_written(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    settings.SALES_INBOX = closed
    # For root every folder is open, so the answer of the system is given here.
    monkeypatch.setattr("os.access", lambda path, mode: path != closed)
    (error,) = checks.check_folders()
    assert error.msg == f"SALES_INBOX 指向的文件夹“{closed}”不能写入。"
    assert "环境变量 SALES_INBOX" in str(error.hint)


@pytest.mark.parametrize(
    ("redis_url", "engine", "told"),
    [
        ("", "django.db.backends.sqlite3", 0),
        ("redis://x/0", "django.db.backends.sqlite3", 1),
        ("redis://x/0", "django.db.backends.postgresql", 0),
    ],
)
def test_check_database_of_workers_warns_of_sqlite_beside_redis(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, redis_url: str, engine: str, told: int
) -> None:
    settings.REDIS_URL = redis_url
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", engine)
    assert len(checks.check_database_of_workers()) == told

"""Stored files: by content, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from haitang.kernel.errors import NotThere
from haitang.kernel.files import discard_unfinished, open_file, path_of, store_file
from haitang.kernel.models import StoredFile

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def store(content: bytes = b"abc", name: str = "销售.csv") -> StoredFile:
    return store_file(name=name, content=content, by=None, now=NOW)


def files_under(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_store_file_keeps_bytes_name_and_digest() -> None:
    stored = store(b"abc")
    assert stored.digest == hashlib.sha256(b"abc").hexdigest()
    assert (stored.name, stored.size) == ("销售.csv", 3)
    with open_file(stored) as file:
        assert file.read() == b"abc"


def test_store_file_keeps_the_same_bytes_once(settings: Settings) -> None:
    first, second = store(b"abc", "一.csv"), store(b"abc", "二.csv")
    assert path_of(first) == path_of(second)
    assert len(files_under(settings)) == 1
    assert StoredFile.objects.count() == 2


def test_store_file_reads_a_stream_in_chunks() -> None:
    content = bytes(range(256)) * 10_000
    stored = store_file(name="x", content=io.BytesIO(content), by=None, now=NOW)
    assert path_of(stored).read_bytes() == content


def test_store_file_that_breaks_off_leaves_nothing(settings: Settings) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_file(name="x", content=chunks(), by=None, now=NOW)
    assert files_under(settings) == []
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\销售\十月.xlsx", "十月.xlsx"),
        ("", "未命名"),
        ("长" * 300 + ".csv", "长" * 251 + ".csv"),
    ],
)
def test_store_file_keeps_a_plain_name(name: str, kept: str) -> None:
    assert store(name=name).name == kept


def test_path_of_a_lost_file_says_so() -> None:
    stored = store()
    path_of(stored).unlink()
    with pytest.raises(NotThere, match="请从备份恢复"):
        path_of(stored)


def test_discard_unfinished_removes_only_what_is_a_day_old(settings: Settings) -> None:
    stored = store()
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    for name, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=1))):
        (incoming / name).write_bytes(b"half")
        os.utime(incoming / name, ((NOW - age).timestamp(),) * 2)
    assert discard_unfinished(now=NOW) == 1
    assert [path.name for path in incoming.iterdir()] == ["new"]
    assert path_of(stored).exists()

"""Stored files: by content, whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.files import (
    content_of,
    discard_unfinished,
    forget_file,
    open_file,
    path_of,
    rotate_keys,
    store_file,
)
from haitang.kernel.models import StoredFile
from haitang.kernel.sealing import CHUNK, HEAD

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


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2_560_000])
def test_store_file_gives_back_a_stream_of_any_size(size: int) -> None:
    content = (bytes(range(256)) * 10_000)[:size]
    stored = store_file(name="x", content=io.BytesIO(content), by=None, now=NOW)
    assert stored.digest == hashlib.sha256(content).hexdigest()
    with open_file(stored) as file:
        assert file.read() == content
        assert file.read() == b""


def test_kept_file_reads_from_any_place() -> None:
    content = (bytes(range(251)) * 10_000)[: 2 * CHUNK + 77]
    with open_file(store(content)) as file:
        for place in (CHUNK - 3, 5, 2 * CHUNK - 1, len(content) - 2, len(content) + 9):
            file.seek(place)
            assert file.read(10) == content[place : place + 10]
        file.seek(-4, io.SEEK_END)
        assert file.read() == content[-4:]
        file.seek(CHUNK - 1)
        assert file.readline() == content[CHUNK - 1 : content.index(b"\n", CHUNK - 1) + 1]


def test_kept_file_is_not_the_plain_bytes(settings: Settings) -> None:
    store("会员,13912345678\n".encode() * 9)
    (path,) = files_under(settings)
    assert b"13912345678" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "harm", ["changed", "cut", "cut at a chunk", "chunks exchanged", "no head"]
)
def test_damaged_file_is_refused_and_healed_by_sending_it_again(harm: str) -> None:
    content = os.urandom(3 * CHUNK)
    stored = store(content)
    path = path_of(stored)
    raw, sealed = bytearray(path.read_bytes()), CHUNK + 16
    if harm == "changed":
        raw[-5] ^= 1
    elif harm == "cut":
        del raw[-5:]
    elif harm == "cut at a chunk":
        del raw[-sealed:]
    elif harm == "chunks exchanged":
        first, second = raw[HEAD : HEAD + sealed], raw[HEAD + sealed : HEAD + 2 * sealed]
        raw[HEAD : HEAD + 2 * sealed] = second + first
    else:
        raw = bytearray(content)
    path.write_bytes(raw)
    with (
        pytest.raises(Invalid, match="已损坏：请从备份恢复，或重新上传"),
        open_file(stored) as file,
    ):
        file.read()
    with open_file(store(content)) as file:
        assert file.read() == content


def test_rotation_brings_kept_files_under_the_new_key(settings: Settings) -> None:
    content = b"abc" * CHUNK
    stored = store(content)
    opened, old = content_of(stored), settings.PERSONAL_DATA_KEYS
    new = base64.urlsafe_b64encode(b"n" * 32).decode()
    settings.PERSONAL_DATA_KEYS = [new, *old]
    assert (rotate_keys(), rotate_keys()) == (1, 0)
    settings.PERSONAL_DATA_KEYS = [new]
    with open_file(stored) as file, opened.open() as already_opened:
        assert file.read() == already_opened.read() == content
    assert len(files_under(settings)) == 1
    settings.PERSONAL_DATA_KEYS = old
    with pytest.raises(ImproperlyConfigured, match="另一把密钥"):
        content_of(stored)


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


def days_ago(stored: StoredFile, days: int) -> None:
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path_of(stored), (at, at))


def test_forget_file_removes_row_and_bytes(
    settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    stored = store()
    days_ago(stored, 2)
    with django_capture_on_commit_callbacks(execute=True):
        forget_file(stored, now=NOW)
    assert not StoredFile.objects.exists()
    assert files_under(settings) == []


def test_forget_file_leaves_bytes_that_another_row_names_or_somebody_just_stored(
    settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    first, second = store(b"abc", "一.csv"), store(b"abc", "二.csv")
    days_ago(first, 2)
    with django_capture_on_commit_callbacks(execute=True):
        forget_file(first, now=NOW)
    with open_file(second) as file:
        assert file.read() == b"abc"
    days_ago(second, 0)
    with django_capture_on_commit_callbacks(execute=True):
        forget_file(second, now=NOW)
    assert len(files_under(settings)) == 1


def test_same_content_stored_anew_is_touched(settings: Settings) -> None:
    stored = store()
    days_ago(stored, 2)
    store()
    assert path_of(stored).stat().st_mtime > NOW.timestamp()

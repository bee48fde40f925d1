"""Files by content: the bytes lie once under ``MEDIA_ROOT``, named by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from haitang.kernel.errors import NotThere
from haitang.kernel.models import StoredFile

CHUNK = 1024 * 1024


def store_file(
    *,
    name: str,
    content: bytes | IO[bytes] | Iterable[bytes],
    by: AbstractBaseUser | None,
    now: datetime,
) -> StoredFile:
    """Keep the content (bytes, an open binary file, or chunks) and return its row.

    The bytes are on the disk, fsynced and whole, before the row is written; the same bytes
    are kept once, however many rows name them. ``name`` loses its folders.
    """
    folder = Path(settings.MEDIA_ROOT)
    incoming = folder / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor, temporary = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in _chunks(content):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        _put(Path(temporary), _path(digest.hexdigest()))
    finally:
        Path(temporary).unlink(missing_ok=True)
    return StoredFile.objects.create(
        name=_base_name(name),
        digest=digest.hexdigest(),
        size=size,
        created_at=now,
        created_by_id=by.pk if by else None,
    )


def discard_unfinished(*, now: datetime) -> int:
    """Remove what a killed process left of files that it was storing a day ago or earlier."""
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    if not incoming.is_dir():
        return 0
    before = (now - timedelta(days=1)).timestamp()
    old = [path for path in incoming.iterdir() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def path_of(stored: StoredFile) -> Path:
    """Where the bytes lie; NotThere when they were lost."""
    path = _path(stored.digest)
    if not path.is_file():
        raise NotThere(f"文件“{stored.name}”的内容不在磁盘上：请从备份恢复，或重新上传。")
    return path


def open_file(stored: StoredFile) -> IO[bytes]:
    """The bytes, opened for reading; NotThere when they were lost."""
    return path_of(stored).open("rb")


def _path(digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest[2:4] / digest


def _put(temporary: Path, target: Path) -> None:
    """Give the whole file its name, durably; nobody ever sees a part of it."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, target)
    for folder in (target.parent, target.parent.parent, target.parent.parent.parent):
        _fsync_folder(folder)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _chunks(content: bytes | IO[bytes] | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return (content,)
    if hasattr(content, "read"):
        return iter(lambda: content.read(CHUNK), b"")
    return content


def _base_name(name: str) -> str:
    base = name.replace("\\", "/").rsplit("/", 1)[-1].strip() or "未命名"
    stem, dot, suffix = base.rpartition(".")
    if len(base) <= 255:
        return base
    return f"{stem[: 254 - len(suffix)]}{dot}{suffix}"[:255]

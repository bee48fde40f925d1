"""Files by content: kept once under ``MEDIA_ROOT``, encrypted, named by their SHA-256.

A sales file names members' cards, so what is kept is sealed (``haitang.kernel.sealing``) under the
keys of personal data; its plain bytes are never on the disk. The digest is that of the plain bytes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from haitang.kernel import sealing
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.models import StoredFile
from haitang.kernel.personal import decrypt_bytes, encrypt_bytes, is_current
from haitang.kernel.sealing import Sealed

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
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    key = os.urandom(sealing.KEY_SIZE)
    pieces = chain([sealing.head(encrypt_bytes(key))], sealing.seal(counted(), key=key))
    with _written(pieces) as temporary:
        _put(temporary, _path(digest.hexdigest()))
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


def forget_file(stored: StoredFile, *, now: datetime) -> None:
    """Delete the row, which nothing may refer to any more, and its bytes once that is committed.

    Bytes that another row names, or that were stored within a day, stay.
    """
    digest = stored.digest
    stored.delete()
    transaction.on_commit(lambda: _discard(digest, before=(now - timedelta(days=1)).timestamp()))


def path_of(stored: StoredFile) -> Path:
    """Where the sealed bytes lie; NotThere when they were lost."""
    path = _path(stored.digest)
    if not path.is_file():
        raise NotThere(f"文件“{stored.name}”的内容不在磁盘上：请从备份恢复，或重新上传。")
    return path


def content_of(stored: StoredFile) -> Sealed:
    """The content, to be opened where it is read; NotThere when it was lost, Invalid when damaged.

    Raises ImproperlyConfigured when its key is not among ``PERSONAL_DATA_KEYS``.
    """
    path = path_of(stored)
    return Sealed(path, decrypt_bytes(sealing.wrapped_key(path)))


def open_file(stored: StoredFile) -> IO[bytes]:
    """The plain bytes, opened for reading; raises as ``content_of`` does."""
    return content_of(stored).open()


@contextmanager
def sealed_meanwhile(content: bytes | IO[bytes] | Iterable[bytes]) -> Iterator[Sealed]:
    """The content sealed on the disk for the while, under a key that only this process has.

    What a killed process leaves of it nobody can open; ``discard_unfinished`` removes it.
    """
    key = os.urandom(sealing.KEY_SIZE)
    unopenable = sealing.head(os.urandom(sealing.WRAPPED))
    with _written(chain([unopenable], sealing.seal(_chunks(content), key=key))) as temporary:
        yield Sealed(temporary, key)


def rotate_keys() -> int:
    """Bring every kept file under the first key; how many changed.

    Whoever reads a file meanwhile reads on: its chunks and their key stay as they are. It may be
    broken off at any time, and goes on when called again.
    """
    changed = 0
    for path in sorted(Path(settings.MEDIA_ROOT).glob("??/??/*")):
        wrapped = sealing.wrapped_key(path)
        if is_current(wrapped):
            continue
        with path.open("rb") as stream:
            stream.seek(sealing.HEAD)
            new = sealing.head(encrypt_bytes(decrypt_bytes(wrapped)))
            body = iter(lambda: stream.read(CHUNK), b"")
            with _written(chain([new], body)) as temporary:
                _name(temporary, path)
        changed += 1
    return changed


def _path(digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest[2:4] / digest


@contextmanager
def _written(pieces: Iterable[bytes]) -> Iterator[Path]:
    """A temporary file of these pieces, whole on the disk; gone afterwards unless it was named."""
    incoming = Path(settings.MEDIA_ROOT) / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _put(temporary: Path, target: Path) -> None:
    """Keep the file unless the same content is kept already, with nothing amiss.

    That is touched, so that ``_discard`` sees that somebody wants it anew.
    """
    if not (_is_sound(target) and _is_touched(target)):
        _name(temporary, target)


def _is_touched(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _discard(digest: str, *, before: float) -> None:
    """Remove bytes that no row names and nobody stored since; set aside first, then looked at."""
    path, aside = _path(digest), Path(settings.MEDIA_ROOT) / "incoming" / f"discarded-{digest}"
    if not path.is_file() or StoredFile.objects.filter(digest=digest).exists():
        return
    os.replace(path, aside)
    if aside.stat().st_mtime < before:
        aside.unlink()
    elif not path.exists():
        os.replace(aside, path)


def _is_sound(path: Path) -> bool:
    try:
        with Sealed(path, decrypt_bytes(sealing.wrapped_key(path))).open() as stream:
            while stream.read(CHUNK):
                pass
    except (FileNotFoundError, Invalid, ImproperlyConfigured):
        return False
    return True


def _name(temporary: Path, target: Path) -> None:
    """Give the whole file its name, durably; nobody ever sees a part of it."""
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

"""Files at rest: encrypted in chunks, read from any place, never whole in memory. Pure.

A sealed file is a head of 72 bytes (mark, the file's own key under a key of personal data), then
AES-256-GCM chunks of 1 MiB. A chunk's nonce is its number and whether it is the last, so that a
chunk which is missing, moved or cut off shows. Every file has a key of its own: nonces never meet
again, and changing the outer key leaves the chunks as they are.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from haitang.kernel.errors import Invalid

MARK = b"HAITANG1"
KEY_SIZE = 32
WRAPPED = 64  # key id, nonce, the key, tag: haitang.kernel.personal.encrypt_bytes
HEAD = len(MARK) + WRAPPED
CHUNK = 1 << 20
_TAG = 16
_DAMAGED = "保存的文件已损坏：请从备份恢复，或重新上传这个文件。"


@dataclass(frozen=True)
class Sealed:
    """A sealed file with its key: opened like a path, and fit to be handed to a child process."""

    path: Path
    key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """The plain bytes for reading, seekable. Reading raises Invalid where it is damaged."""
        return io.BufferedReader(_Plain(self.path.open(mode), self.key), CHUNK)


def seal(chunks: Iterable[bytes], *, key: bytes) -> Iterator[bytes]:
    """The body of a sealed file, piece by piece, out of plain chunks of any size."""
    cipher, number, rest = AESGCM(key), 0, bytearray()
    for chunk in chunks:
        rest += chunk
        while len(rest) > CHUNK:  # not at equality: the last chunk is told when there is no more
            yield cipher.encrypt(_nonce(number, is_last=False), bytes(rest[:CHUNK]), MARK)
            del rest[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number, is_last=True), bytes(rest), MARK)


def head(wrapped: bytes) -> bytes:
    """What stands before the body."""
    if len(wrapped) != WRAPPED:
        raise ValueError(f"a wrapped key has {WRAPPED} bytes, not {len(wrapped)}")
    return MARK + wrapped


def wrapped_key(path: Path) -> bytes:
    """The file's key as it stands in the head; Invalid when it is no sealed file."""
    with path.open("rb") as stream:
        found = stream.read(HEAD)
    if len(found) != HEAD or not found.startswith(MARK):
        raise Invalid(_DAMAGED)
    return found[len(MARK) :]


class _Plain(io.RawIOBase):
    """The plain bytes of a sealed file; one decrypted chunk is held."""

    def __init__(self, stream: IO[bytes], key: bytes) -> None:
        self._stream, self._cipher = stream, AESGCM(key)
        body = os.fstat(stream.fileno()).st_size - HEAD
        self._chunks = max(1, -(-body // (CHUNK + _TAG)))
        self._size = max(0, body - self._chunks * _TAG)
        self._position, self._number, self._chunk = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        number, start = divmod(self._position, CHUNK)
        if number >= self._chunks:
            return 0
        if number != self._number:
            self._chunk, self._number = self._decrypted(number), number
        some = self._chunk[start : start + len(buffer)]
        buffer[: len(some)] = some
        self._position += len(some)
        return len(some)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _decrypted(self, number: int) -> bytes:
        self._stream.seek(HEAD + number * (CHUNK + _TAG))
        stored = self._stream.read(CHUNK + _TAG)
        try:
            nonce = _nonce(number, is_last=number == self._chunks - 1)
            return self._cipher.decrypt(nonce, stored, MARK)
        except (InvalidTag, ValueError) as error:
            raise Invalid(_DAMAGED) from error


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])

"""Small invented pictures, so that a follower has something to send."""

from __future__ import annotations

import struct
import zlib

SIZE = 160
COLOURS = ((196, 60, 84), (58, 110, 165), (70, 140, 90), (205, 150, 50), (120, 90, 160))


def snapshot(number: int) -> bytes:
    """A PNG of 160 × 160 pixels: a coloured pill box on paper, another colour each number."""
    ground, box = (244, 240, 232), COLOURS[number % len(COLOURS)]
    rows = []
    for y in range(SIZE):
        row = bytearray(b"\0")
        for x in range(SIZE):
            inside = 30 <= x < 130 and 50 <= y < 120
            stripe = inside and 78 <= y < 90
            row += bytes((255, 255, 255) if stripe else box if inside else ground)
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

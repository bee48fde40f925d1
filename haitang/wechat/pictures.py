"""What a file is by its first bytes, and whether WeChat takes it as a picture. Pure."""

from __future__ import annotations

from haitang.kernel.errors import Invalid

# WeChat's bound of a picture.
LARGEST = 10 * 1024 * 1024
TAKEN = ("image/png", "image/jpeg")
_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
_SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
}


def type_of(head: bytes) -> str:
    """The media type by the first bytes, whatever a name says; empty for an unknown one."""
    return next((kind for sign, kind in _SIGNS if head.startswith(sign)), "")


def suffix_of(kind: str) -> str:
    """The usual ending of a file of that media type."""
    return _SUFFIXES.get(kind, "bin")


def check_picture(name: str, content: bytes) -> None:
    """Raises Invalid for what WeChat would not take as a picture."""
    if type_of(content) not in TAKEN:
        raise Invalid(f"“{name[:60]}”不是 JPG 或 PNG 图片，微信不收：请换一张。")
    if len(content) > LARGEST:
        raise Invalid("图片超过 10 MB，微信不收：请压缩以后再选。")

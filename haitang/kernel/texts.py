"""What a person writes: without blanks around it, there when it has to be, not too long."""

from __future__ import annotations

from haitang.kernel.errors import Invalid


def written(text: str, *, missing: str, name: str, longest: int) -> str:
    """The text; Invalid, with the sentence ``missing``, without one, and when it is too long."""
    if not text.strip():
        raise Invalid(missing)
    return within(text, name=name, longest=longest)


def within(text: str, *, name: str, longest: int) -> str:
    """The text, maybe empty; Invalid, calling it ``name``, when it is too long."""
    text = text.strip()
    if len(text) > longest:
        raise Invalid(f"{name}太长：请写在 {longest} 个字以内。")
    return text

"""What goes wrong at WeChat's side, as a sentence for a person; what keeps secrets out of it."""

from __future__ import annotations

import re

from haitang.kernel.errors import Refusal
from haitang.wechat.gateway.sentences import (
    BAD_ANSWER,
    NO_ANSWER,
    NOT_AUTHORISED,
    NOT_CONFIGURED,
    meaning_of,
)

__all__ = ["NotConfigured", "WeChatError", "scrub"]

_SECRETS = re.compile(
    r"(?i)(?<![a-z])((?:access_token|refresh_token|secret|appsecret|code|ticket)[\"']?\s*[=:]\s*[\"']?)"
    r"[^&\s\"',}]+"
)


class WeChatError(Refusal):
    """WeChat said no, or said nothing. ``str()`` says what happened and what a person can do.

    ``errcode`` is WeChat's (or one of ``sentences.NOT_CONFIGURED …``, below −99, where it said
    nothing). ``permanent``: trying the same again within minutes is of no use. ``uncertain``: it
    may have been done all the same (time-out after sending), so it must not be repeated by
    itself. ``errmsg`` is WeChat's own wording, without secrets.
    """

    code = "wechat"

    def __init__(
        self, errcode: int, *, errmsg: str = "", path: str = "", sentence: str = ""
    ) -> None:
        meaning = meaning_of(errcode, errmsg)
        super().__init__(sentence or meaning.sentence)
        self.errcode = errcode
        self.errmsg = scrub(errmsg)
        self.path = path
        self.permanent = not meaning.is_passing
        self.uncertain = errcode in (NO_ANSWER, BAD_ANSWER)
        # The job that met it is tried again later instead of failing at once.
        self.is_passing = meaning.is_passing

    @property
    def is_missing_capability(self) -> bool:
        """Whether the account is not entitled to this interface (48001)."""
        return self.errcode == NOT_AUTHORISED


class NotConfigured(WeChatError):
    """No account is configured by the environment."""

    def __init__(self) -> None:
        super().__init__(NOT_CONFIGURED)


def scrub(text: str, *, secrets: tuple[str, ...] = ()) -> str:
    """The text without tokens and secrets: what follows their names, and these very words."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SECRETS.sub(r"\1***", text)

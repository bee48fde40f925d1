"""Why a request to the webhook is refused; nothing of it is stored."""

from __future__ import annotations

from haitang.kernel.errors import Invalid, NotAllowed, Refusal


class Malformed(Invalid):
    """Not the form that WeChat's requests have."""


class TooLarge(Invalid):
    """More than any message of WeChat has."""

    code = "too_large"
    status = 413


class Forged(NotAllowed):
    """Not signed by WeChat, not for this account, or not of now."""


class NotReady(Refusal):
    """Genuine as it seems, but this installation cannot take it now; WeChat tries again."""

    code = "not_ready"
    status = 503

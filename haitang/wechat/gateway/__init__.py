"""The gateway: the one outbound client to WeChat, and what it needs.

``client(by=…)`` gives the client of the configured account; its groups (``custom``, ``followers``,
``tags``, ``qr``, ``drafts``, ``publish``, ``mass``, ``menu``, ``notify``, ``oauth``, ``datacube``,
``media``) are in ``haitang.wechat.gateway.api``. Every call may raise WeChatError.
"""

from __future__ import annotations

from accounts.models import User
from haitang.wechat.accounts import configured, current_account
from haitang.wechat.gateway.client import WeChatClient
from haitang.wechat.gateway.errors import NotConfigured, WeChatError, scrub

__all__ = ["NotConfigured", "WeChatClient", "WeChatError", "client", "scrub"]


def client(*, by: User | None = None) -> WeChatClient:
    """The client of the account that the environment configures; NotConfigured without one.

    Its connection is its own and lives with it: keep it for a row of calls, not for ever.
    """
    credentials = configured()
    if credentials is None or not credentials.secret:
        raise NotConfigured
    return WeChatClient(credentials, current_account(), by=by)

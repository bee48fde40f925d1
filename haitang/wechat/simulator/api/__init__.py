"""WeChat's addresses, one module a group; importing this package registers them all."""

from haitang.wechat.simulator.api import (
    account,
    custom,
    datacube,
    drafts,
    followers,
    mass,
    media,
    menu,
    notify,
    oauth,
    publishing,
    qr,
    tags,
    tokens,
)

__all__ = [
    "account",
    "custom",
    "datacube",
    "drafts",
    "followers",
    "mass",
    "media",
    "menu",
    "notify",
    "oauth",
    "publishing",
    "qr",
    "tags",
    "tokens",
]

"""WeChat's addresses, one module a group; importing this package registers them all."""

from haitang.wechat.simulator.api import custom, tokens

__all__ = ["custom", "tokens"]

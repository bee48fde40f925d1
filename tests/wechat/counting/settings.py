"""The product's settings with the counting app."""

from haitang.web.settings import *  # noqa: F403
from haitang.web.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.wechat.counting"]

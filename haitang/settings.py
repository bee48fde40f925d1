"""Where everybody looks for the settings; they live in ``haitang.web.settings``."""

from haitang.web.settings import *  # noqa: F403

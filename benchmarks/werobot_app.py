"""WeRoBot 1.13 as a WSGI application, for benchmarks.bench_webhook; a process of its own.

Its handler answers nothing, the least that it can do. With WEROBOT_SESSION, the path of a file,
it has the session that it has by default: a row of SQLite.
"""

from __future__ import annotations

import os
from typing import Any

import werobot
from werobot.session.sqlitestorage import SQLiteStorage

from benchmarks.webhook_load import AES_KEY, APP_ID, TOKEN

_file = os.environ.get("WEROBOT_SESSION", "")
_session = {"session_storage": SQLiteStorage(_file)} if _file else {"enable_session": False}
robot = werobot.WeRoBot(token=TOKEN, encoding_aes_key=AES_KEY, app_id=APP_ID, **_session)
robot.logger.setLevel("CRITICAL")  # it would print a line a message


def with_session(message: Any, session: dict[str, Any]) -> None:
    """Keep what was said."""
    session["last"] = message.content


def without_session(message: Any) -> None:
    """Nothing at all."""


robot.add_handler(with_session if _file else without_session, type="text")
application = robot.wsgi

"""A small HTTP server in WeChat's place: answers by script, remembers what it was asked.

Answers carry the field names of the documents on developers.weixin.qq.com (doc/offiaccount, doc/
service); a test that needs more than an empty success names the page.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN_PATH = "/cgi-bin/stable_token"


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script = Callable[[Asked], Any]


@dataclass
class FarEnd:
    """``answers`` maps a path to an object, bytes, a status, a list of them, or a function."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def calls(self, path: str) -> list[Asked]:
        """The requests to that path, in order."""
        return [each for each in self.asked if each.path == path]

    def answer(self, asked: Asked) -> Any:
        """What to say: the script's next word, else a token, else success."""
        with self.lock:
            self.asked.append(asked)
            found = self.answers.get(asked.path)
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            return found(asked)
        if found is not None:
            return found
        if asked.path == TOKEN_PATH:
            return self.new_token()
        return {"errcode": 0, "errmsg": "ok"}

    def new_token(self) -> dict[str, Any]:
        """As 获取稳定版接口调用凭据 answers."""
        with self.lock:
            self.tokens += 1
            return {"access_token": f"TOKEN-{self.tokens}", "expires_in": 7200}


class _Handler(http.server.BaseHTTPRequestHandler):
    far_end: FarEnd
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        said = self.far_end.answer(
            Asked(self.command, parts.path, dict(parse_qsl(parts.query)), self.rfile.read(length))
        )
        if said is Ellipsis:  # hang up without a word
            self.close_connection = True
            return
        status = said if isinstance(said, int) else 200
        content = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it would be noise among the tests."""


@contextmanager
def far_end_running() -> Iterator[FarEnd]:
    """A far end on a free port until the block ends."""
    far_end = FarEnd()
    handler = type("Handler", (_Handler,), {"far_end": far_end})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    far_end.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield far_end
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

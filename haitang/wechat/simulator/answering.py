"""Answering a call as WeChat would: faults, method, token, quota, handler, log."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from haitang.wechat.simulator import api  # noqa: F401 (its import registers the addresses)
from haitang.wechat.simulator.api.tokens import check_token
from haitang.wechat.simulator.errors import ApiError
from haitang.wechat.simulator.faults import ERRORS, Faults
from haitang.wechat.simulator.routing import JSON, Reply, Request, Route, find
from haitang.wechat.simulator.world import World

PICTURES = "/mmbiz/"  # what phones load is no call of ours


@dataclass(frozen=True)
class Call:
    """A call that came in; ``errcode`` is None when the answer never left."""

    number: int
    at: float
    method: str
    path: str
    query: dict[str, str]
    body: Any
    errcode: int | None
    answer: Any
    seconds: float


class Answering:
    """The part of the simulator that answers HTTP."""

    world: World
    faults: Faults
    stopping: threading.Event
    calls: deque[Call]

    def start_answering(self) -> None:
        """Begin with an empty log of calls (the newest 2,000 are kept)."""
        self.calls = deque(maxlen=2000)

    def calls_to(self, path: str) -> list[Call]:
        """The calls to an address, oldest first."""
        return [call for call in list(self.calls) if call.path == path]

    def answer(self, request: Request) -> Reply | None:
        """The answer to a request, or None when the connection is to be dropped."""
        started = time.monotonic()
        slow = self.faults.take({"slow"}, request.path)
        if slow is not None:
            self.stopping.wait(slow.seconds)
        dead = self.faults.take({"dead"}, request.path) is not None
        found = None if dead else self._result(request)
        lost = not dead and self.faults.take({"lost_answer"}, request.path) is not None
        if not request.path.startswith(PICTURES):
            self._log(request, None if lost else found, started)
        if found is None or lost:
            return None
        return found if isinstance(found, Reply) else as_json(found)

    def _result(self, request: Request) -> JSON | Reply:
        try:
            self._raise_fault(request.path)
            with self.world.lock:
                route = find(request)
                self._check(route, request)
                return route.handler(self.world, request)
        except ApiError as error:
            rid = f"{secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
            return {"errcode": error.code, "errmsg": f"{error.message} rid: {rid}", **error.extra}

    def _raise_fault(self, path: str) -> None:
        fault = self.faults.take({*ERRORS, "error"}, path)
        if fault is not None:
            raise ApiError(ERRORS[fault.kind][0] if fault.errcode is None else fault.errcode)

    def _check(self, route: Route, request: Request) -> None:
        if route.token:
            check_token(self.world, request.query.get("access_token", ""))
        self.world.count(request.path)

    def _log(self, request: Request, found: JSON | Reply | None, started: float) -> None:
        shown = found if isinstance(found, dict) else None
        with self.world.lock:
            self.calls.append(
                Call(
                    number=self.world.number(),
                    at=self.world.now(),
                    method=request.method,
                    path=request.path,
                    query={k: v for k, v in request.query.items() if k != "access_token"},
                    body=_readable(request),
                    errcode=None if found is None else (shown or {}).get("errcode", 0),
                    answer=shown,
                    seconds=time.monotonic() - started,
                )
            )


def as_json(found: JSON, *, status: int = 200) -> Reply:
    """JSON with Chinese as it is, as WeChat writes it."""
    body = json.dumps(found, ensure_ascii=False).encode()
    return Reply(body, "application/json; encoding=utf-8", status)


def _readable(request: Request) -> Any:
    if request.headers.get("content-type", "").startswith("multipart/"):
        return f"（文件，{len(request.body)} 字节）"
    try:
        return json.loads(request.body) if request.body else None
    except ValueError:
        return request.body.decode("utf-8", "replace")[:500]

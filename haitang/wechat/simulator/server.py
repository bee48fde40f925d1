"""The simulator itself: answers calls, plays followers, carries messages to the webhook."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from haitang.wechat.simulator.account import SimulatedAccount, invented_account
from haitang.wechat.simulator.acts import Acts
from haitang.wechat.simulator.answering import Answering
from haitang.wechat.simulator.delivery import Carrier, Post
from haitang.wechat.simulator.faults import Fault, Faults
from haitang.wechat.simulator.pages import Pages
from haitang.wechat.simulator.routing import Reply, Request
from haitang.wechat.simulator.world import World

TICK = 0.2
LARGEST_BODY = 20 * 1024 * 1024


class Simulator(Acts, Answering):
    """WeChat in one object. Tests use its methods; HTTP comes in by :func:`serving`.

    ``post`` takes the deliveries instead of ``callback_url`` (a function from an Envelope to
    HTTP status and body, such as one around Django's test client).
    """

    def __init__(
        self,
        *,
        callback_url: str = "http://127.0.0.1:8000/wechat/callback/",
        account: SimulatedAccount | None = None,
        mode: str = "encrypted",
        clock: Callable[[], float] = time.time,
        job_delay: float = 2.0,
        post: Post | None = None,
    ) -> None:
        self.account = account or invented_account()
        self.world = World(account=self.account, clock=clock, job_delay=job_delay)
        self.world.product_host = urlsplit(callback_url).hostname or "127.0.0.1"
        self.faults = Faults()
        self.carrier = Carrier(
            account=self.account, url=callback_url, mode=mode, post=post, clock=clock
        )
        self.stopping = threading.Event()
        self.pages = Pages(self)
        self.start_answering()
        self.start_delivering()

    @property
    def base_url(self) -> str:
        """Where the simulator listens: the product's WECHAT_API_BASE."""
        return self.world.base_url

    @property
    def environment(self) -> dict[str, str]:
        """The ``WECHAT_*`` variables for a product that talks to this simulator."""
        return self.account.environment(self.base_url)

    def fault(
        self,
        kind: str,
        *,
        path: str = "",
        seconds: float = 8,
        errcode: int | None = None,
        times: int | None = None,
    ) -> None:
        """Put a fault in force: a key of ``faults.KINDS``, or ``error`` with any ``errcode``.

        ``path`` is the beginning of the addresses it meets (default: those where WeChat gives
        that answer), ``times`` how often (default for ever), ``seconds`` how slow.
        """
        self.faults.add(Fault(kind, path, seconds, errcode, times))

    def clear_faults(self, kind: str | None = None) -> None:
        """End all faults or those of one kind."""
        self.faults.clear(kind)

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock on and deliver what has become due."""
        with self.world.lock:
            self.world.offset += seconds
        self.run_due()

    def tick_forever(self) -> None:
        """Deliver what becomes due, until the simulator stops."""
        while not self.stopping.wait(TICK):
            self.run_due()
            self.release_held(older_than=2.0)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "haitang-wechat-simulator"
    simulator: Simulator

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return self._write(Reply(b"too large", status=413))
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            body=self.rfile.read(length),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        reply = self.simulator.pages.answer(request) or self.simulator.answer(request)
        if reply is None:  # a dead or lost answer: the connection ends without a word
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return None
        return self._write(reply)

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self._headers_buffer: list[bytes]
        self._headers_buffer += [b"\r\n", reply.body]  # one segment, one write
        with contextlib.suppress(ConnectionError):
            self.flush_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page shows the calls."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; anything else is shown."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(simulator: Simulator, *, port: int = 0) -> Iterator[Simulator]:
    """The simulator answers on 127.0.0.1 in threads of this process while the block runs."""
    handler = type("Handler", (_Handler,), {"simulator": simulator})
    server = _Server(("127.0.0.1", port), handler)
    simulator.world.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True),
        threading.Thread(target=simulator.tick_forever, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield simulator
    finally:
        simulator.stopping.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()
        simulator.pages.close()
        simulator.carrier.close()


@contextlib.contextmanager
def running_simulator(
    *, port: int = 0, callback_url: str = "http://127.0.0.1:8000/wechat/callback/", **options: Any
) -> Iterator[Simulator]:
    """For tests: a simulator that answers HTTP on a free port while the block runs.

    ``options`` are those of :class:`Simulator`. What it needs to know of the product is
    ``callback_url`` (or ``post=``); what the product needs to know of it is ``.environment``.
    """
    with serving(Simulator(callback_url=callback_url, **options), port=port) as simulator:
        yield simulator

"""A load of encrypted WeChat messages on one port, out of one process with many connections.

``python -m benchmarks.webhook_load PORT CONNECTIONS SECONDS RATE``: every message is a new one,
signed and encrypted beforehand. With RATE 0 each connection sends again as soon as it is answered;
else so many messages a second are sent at their moments, and the time of an answer counts from
there, whether or not a connection was free. Prints one JSON object.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

APP_ID, TOKEN = "wx5823bf96d3bd56c7", "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
PATH = "/wechat/callback/"
MOST_PER_SECOND = 12_000
OPENIDS = 1_000
GIVE_UP = 10.0


def requests(count: int) -> Iterator[bytes]:
    """So many different text messages as whole HTTP requests."""
    key = base64.b64decode(AES_KEY + "=")
    cipher = Cipher(algorithms.AES256(key), modes.CBC(key[:16]))
    first, now = int.from_bytes(os.urandom(7), "big"), str(int(time.time()))
    for number in range(first, first + count):
        xml = (
            "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>"
            f"<FromUserName><![CDATA[oBench{number % OPENIDS:022d}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            "<Content><![CDATA[请问门店今天几点关门？有没有阿胶？]]></Content>"
            f"<MsgId>{number}</MsgId></xml>"
        ).encode()
        text = os.urandom(16) + len(xml).to_bytes(4, "big") + xml + APP_ID.encode()
        padding = 32 - len(text) % 32
        encryptor = cipher.encryptor()
        sealed = base64.b64encode(encryptor.update(text + bytes([padding]) * padding)).decode()
        yield _request(sealed, now, str(number % 1_000_003))


def _request(sealed: str, timestamp: str, nonce: str) -> bytes:
    body = (
        "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    ).encode()
    query = (
        f"signature={_signature(timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}"
        f"&openid=o&encrypt_type=aes&msg_signature={_signature(timestamp, nonce, sealed)}"
    )
    return (
        f"POST {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted((TOKEN, *parts))).encode()).hexdigest()  # noqa: S324


class Load:
    """Connections that each have one request on its way."""

    def __init__(self, port: int, connections: int) -> None:
        self._port, self._poll = port, select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        for _ in range(connections):
            self._connect()
        self._since: dict[int, float] = {}
        self._read: dict[int, bytes] = {}
        self._last = 0.0
        self.times: list[float] = []
        self.refused = 0

    def run(self, messages: Iterator[bytes], seconds: float, rate: float) -> float:
        """Send for so long and wait for the last answers; how long it took, in s."""
        began = time.perf_counter()
        due: deque[float] = deque()
        free, sent = list(self._sockets), 0
        while (now := time.perf_counter()) < began + seconds:
            if rate:
                while began + sent / rate <= now:
                    due.append(began + sent / rate)
                    sent += 1
                while due and free:
                    self._send(free.pop(), messages, due.popleft())
            else:
                while free:
                    self._send(free.pop(), messages, time.perf_counter())
            free += self._answered(0.0005 if rate else 1.0)
        while self._since and time.perf_counter() < began + seconds + GIVE_UP:
            self._answered(1.0)
        self.refused += len(self._since)  # never answered
        return self._last - began

    def _connect(self) -> int:
        each = socket.create_connection(("127.0.0.1", self._port))
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[each.fileno()] = each
        self._poll.register(each, select.EPOLLIN)
        return each.fileno()

    def _send(self, number: int, messages: Iterator[bytes], since: float) -> None:
        message = next(messages, None)
        if message is None:
            raise SystemExit(f"more than {MOST_PER_SECOND} messages a second: prepare more of them")
        self._since[number] = since
        self._sockets[number].sendall(message)

    def _answered(self, timeout: float) -> list[int]:
        done = []
        for number, _ in self._poll.poll(timeout):
            read = self._read.pop(number, b"") + self._sockets[number].recv(65536)
            head, end, body = read.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            if not read:  # an error on the other side
                self.refused += 1
                self._since.pop(number, None)
                self._sockets.pop(number).close()
                done.append(self._connect())
                continue
            if not end or len(body) < int(length or 0):
                self._read[number] = read
                continue
            took = time.perf_counter() - self._since.pop(number)
            if head.startswith(b"HTTP/1.1 200"):
                self.times.append(took)
                self._last = time.perf_counter()
            else:
                self.refused += 1
            done.append(number)
        return done


def main(port: int, connections: int, seconds: float, rate: float) -> dict[str, Any]:
    """One load; messages a second, and the times of their answers in ms."""
    messages = list(requests(int(seconds * (rate or MOST_PER_SECOND)) + connections))
    load = Load(port, connections)
    used = time.process_time()
    took = load.run(iter(messages), seconds, rate)
    times = sorted(load.times)
    return {
        "answered": len(times),
        "refused": load.refused,
        "per_second": len(times) / took,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[len(times) * 99 // 100] * 1000,
        "most": times[-1] * 1000,
        "cpu": (time.process_time() - used) / took,
    }


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:3]), *map(float, sys.argv[3:5]))))

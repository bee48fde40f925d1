"""Over real HTTP: a token, a follower's message to a webhook, an answer to the follower."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from haitang.wechat.simulator.crypto import decrypt, signature
from haitang.wechat.simulator.server import Simulator, running_simulator
from haitang.wechat.simulator.wire import parsed

pytestmark = pytest.mark.once


class _Callback(http.server.BaseHTTPRequestHandler):
    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"success")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def received() -> list[tuple[str, bytes]]:
    return []


@pytest.fixture
def running(received: list[tuple[str, bytes]]) -> Iterator[Simulator]:
    handler = type("Handler", (_Callback,), {"received": received})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/wechat/callback/"
        try:
            with running_simulator(callback_url=url) as simulator:
                yield simulator
        finally:
            server.shutdown()
            thread.join()


def _ask(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=json.dumps(body).encode())  # noqa: S310
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def test_message_reaches_the_webhook_signed_and_encrypted(
    running: Simulator, received: list[tuple[str, bytes]]
) -> None:
    delivery = running.send("林女士", "板蓝根有货吗？")
    assert delivery.state == "answered"
    (path, body) = received[0]
    query = dict(pair.split("=") for pair in path.partition("?")[2].split("&"))
    cipher = parsed(body)["Encrypt"]
    account = running.account
    signed = signature(account.token, query["timestamp"], query["nonce"], cipher)
    assert query["msg_signature"] == signed
    message = parsed(decrypt(cipher, key=account.key, app_id=account.app_id).encode())
    assert message["Content"] == "板蓝根有货吗？"
    assert message["FromUserName"] == running.follower("林女士").openid


def test_answer_by_customer_message_is_on_the_phone(running: Simulator) -> None:
    ling = running.follower("林女士")
    running.send(ling, "在吗？")
    environment = running.environment
    token = _ask(
        f"{running.base_url}/cgi-bin/stable_token",
        {
            "grant_type": "client_credential",
            "appid": environment["WECHAT_APP_ID"],
            "secret": environment["WECHAT_APP_SECRET"],
        },
    )["access_token"]
    answer = _ask(
        f"{running.base_url}/cgi-bin/message/custom/send?access_token={token}",
        {"touser": ling.openid, "msgtype": "text", "text": {"content": "在的"}},
    )
    assert answer == {"errcode": 0, "errmsg": "ok"}
    assert [(line.by, line.body.get("content")) for line in ling.chat] == [
        ("follower", "在吗？"),
        ("account", "在的"),
    ]
    assert [call.path for call in running.calls] == [
        "/cgi-bin/stable_token",
        "/cgi-bin/message/custom/send",
    ]

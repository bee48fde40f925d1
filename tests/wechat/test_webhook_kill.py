"""Messages from eight connections while the web process and the worker are killed three times."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import threading
import time

import pytest

from tests.kernel.installation import Installation, finish, wait_until
from tests.support.forks import Forked
from tests.wechat import sender

MESSAGES, DOUBLES, CONNECTIONS, KILLS = 7_000, 3_000, 8, 3
# Waits until everything is processed; prints what was stored and how often it took effect.
FATE = """
import json
from haitang.wechat.models import InboundEvent
while InboundEvent.objects.filter(state="received").exists():
    time.sleep(0.2)
print(json.dumps({
    "states": sorted(set(InboundEvent.objects.values_list("state", flat=True))),
    "stored": InboundEvent.objects.count(),
    "effects": [name.rpartition(":")[0].removeprefix("effect:") for name in
                Lease.objects.filter(name__startswith="effect:").values_list("name", flat=True)],
}))
"""


class Sender:
    """WeChat: whoever is not answered is sent to again."""

    def __init__(self, port: int) -> None:
        sent = [
            _request(
                sender.encrypted(sender.text_message(openid=f"o{number % 500}", number=number))
            )
            for number in range(MESSAGES)
        ]
        chosen = random.Random(5)
        queue = [*sent, *chosen.sample(sent, DOUBLES)]
        chosen.shuffle(queue)
        self._port, self._queue = port, queue
        self.answered = 0
        self._lock = threading.Lock()
        self.threads = [threading.Thread(target=self._send) for _ in range(CONNECTIONS)]

    def _send(self) -> None:
        connection: socket.socket | None = None
        while True:
            with self._lock:
                if not self._queue:
                    break
                request = self._queue.pop()
            while (connection := self._answered(connection, request)) is None:
                time.sleep(0.05)
            with self._lock:
                self.answered += 1
        if connection:
            connection.close()

    def _answered(self, kept: socket.socket | None, request: bytes) -> socket.socket | None:
        """The connection over which it was answered; None when it was not."""
        connection = kept
        try:
            connection = kept or socket.create_connection(("127.0.0.1", self._port), timeout=5)
            connection.sendall(request)
            answer = connection.recv(65536)
            while answer and not answer.endswith(b"success"):
                answer += connection.recv(65536) or b"success"  # closed: not what is asked for
            if answer.startswith(b"HTTP/1.1 200"):
                return connection
        except OSError:
            pass
        if connection:
            connection.close()
        return None


def _request(sent: sender.Sent) -> bytes:
    head = f"POST {sent.url} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(sent.body)}"
    return head.encode() + b"\r\n\r\n" + sent.body


class Processes:
    """The web process, and where there is a broker the worker with its beat."""

    def __init__(self, installation: Installation, port: int, redis_url: str = "") -> None:
        # What `manage.py serve` starts, without its own start-up: that of a test is long enough.
        serve = "-m granian --interface wsgi --blocking-threads 8 haitang.wsgi:application --port"
        self._commands = [[*serve.split(), str(port)]]
        if redis_url:
            worker = "-m celery -A haitang worker -B -P solo -l ERROR -s"
            schedule = installation.folder / "schedule"
            self._commands.append([*worker.split(), str(schedule)])
        self._installation, self._redis_url = installation, redis_url
        self._running: list[Forked] = []

    def start(self) -> None:
        self._running = [
            self._installation.group(*command, REDIS_URL=self._redis_url)
            for command in self._commands
        ]

    def kill(self) -> None:
        """With all their children, and no word of warning."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def place(installation: Installation, request: pytest.FixtureRequest) -> tuple[Installation, str]:
    """SQLite with everything in the web process; PostgreSQL with a worker on Redis."""
    is_postgres = "DATABASE_URL" in installation.environment
    installation.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.wechat.counting.settings",
        "WECHAT_APP_ID": sender.APP_ID,
        "WECHAT_TOKEN": sender.TOKEN,
        "WECHAT_ENCODING_AES_KEY": sender.AES_KEY,
    }
    return installation, request.getfixturevalue("redis_url") if is_postgres else ""


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.long
def test_messages_are_stored_and_processed_once_though_processes_are_killed(
    place: tuple[Installation, str], web_port: int
) -> None:
    installation, redis_url = place
    processes, load = Processes(installation, web_port, redis_url), Sender(web_port)
    processes.start()
    try:
        for thread in load.threads:
            thread.start()
        for kill in range(1, KILLS + 1):
            due = (MESSAGES + DOUBLES) * kill // (KILLS + 1)
            wait_until(lambda due=due: load.answered >= due)  # type: ignore[misc]
            processes.kill()
            processes.start()
        for thread in load.threads:
            thread.join()
        fate = json.loads(finish(installation.script(FATE)).splitlines()[-1])
        listed = finish(installation.manage("wechat_events", "--json"))
    finally:
        processes.kill()
    keys = [json.loads(line)["key"] for line in listed.splitlines()]
    assert load.answered == MESSAGES + DOUBLES
    assert (fate["stored"], len(set(keys)), len(keys)) == (MESSAGES,) * 3
    assert fate["states"] == ["done"]
    assert sorted(fate["effects"]) == sorted(keys)

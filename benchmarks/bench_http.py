"""The main pages over HTTP, as ``manage.py serve`` serves them: p50, p95 and the slowest, in ms.

Four people are logged in and ask for the same page at once, each again as soon as the answer is
there. 2,000,000 sale lines, 400 computed campaigns, 17 months calculated, 12,000 audit entries;
durability is on. The database is one that has been in use: vacuumed, its log written out; so is
the server, which has answered each page before. Prints a table a database: p95 is to stay within
150 ms, and stands beside the log-in page of the same run; a file has no such aim.
Usage: ``python -m benchmarks.bench_http [lines] [requests]``.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from benchmarks.scene import Scene

FLOOR_MS = 150.0
REQUESTS = 25
# What may compute is throttled, a person's share a minute.
REQUESTS_THROTTLED = 12
# How often everybody asks for each page before anything is measured: every thread of the server
# has a connection of its own, which learns the questions.
WARM_UP = 4
BARE = "登录页（未登录）"
START_SECONDS = 60
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Page:
    """A row of the table; ``LAST`` in the address stands for the last page's number."""

    name: str
    address: str
    throttled: bool = False
    is_file: bool = False


@dataclass(frozen=True)
class Times:
    """How long the answers took, in ms."""

    sorted_ms: tuple[float, ...]

    def at(self, share: float) -> float:
        """The time within which that share of the answers came."""
        count = len(self.sorted_ms)
        return self.sorted_ms[min(count - 1, max(0, -int(-share * count // 1) - 1))]


def pages(scene: Scene) -> list[Page]:
    """The main pages and operations with real objects."""
    day = f"/campaigns/stores/{scene.store}/{scene.day}/"
    campaign, sales = f"/campaigns/{scene.campaign}/", f"/imports/{scene.sales_import}/"
    return [
        Page("工作台", "/"),
        Page("活动列表·首页", "/campaigns/"),
        Page("活动列表·末页", "/campaigns/?page=LAST"),
        Page("活动列表·按增加值", "/campaigns/?sort=most"),
        Page("全连锁活动·首页的店", campaign),
        Page("全连锁活动·末页的店", f"{campaign}?page=LAST"),
        Page("门店日明细·首页", day),
        Page("门店日明细·末页", f"{day}?page=LAST"),
        Page("月份列表", "/months/"),
        Page("月份列表·按角色", "/months/?by=role"),
        Page("月度结算", f"/months/{scene.month}/"),
        Page("导入列表", "/imports/"),
        Page("导入列表·末页", "/imports/?page=LAST"),
        Page("一次导入（有拒收行）", sales),
        Page("文件：全部拒收行", f"{sales}bad-rows.csv", is_file=True),
        Page("门店列表·首页", "/stores/"),
        Page("门店列表·末页", "/stores/?page=LAST"),
        Page("门店", f"/stores/{scene.store}/"),
        Page("推文列表·首页", "/articles/"),
        Page("推文列表·末页", "/articles/?page=LAST"),
        Page("补录阅读量", "/reads/"),
        Page("人员", "/people/"),
        Page("人员·末页", "/people/?page=LAST"),
        Page("一个人", f"/people/{scene.person}/"),
        Page("岗位", "/people/roles/"),
        Page("店长·末页", "/people/roles/stores/?page=LAST"),
        Page("代理", "/deputies/"),
        Page("操作记录·首页", "/audit/"),
        Page("操作记录·末页", "/audit/?page=LAST"),
        Page("操作记录·找字", "/audit/?q=旧+77"),
        Page("制度", "/policy/"),
        Page("日历", f"/calendar/{scene.day.year}/"),
        Page("接口：活动·首页", "/api/campaigns/"),
        Page("接口：活动·末页", "/api/campaigns/?page=LAST"),
        Page("接口：一场活动的增加值", f"/api/campaigns/{scene.campaign}/uplift/"),
        Page("接口：各月结算", "/api/settlements/"),
        Page("接口：一个月的结算单", f"/api/settlements/{scene.month}/", throttled=True),
    ]


def main(lines: int, requests: int, *, module: str = "benchmarks.bench_http") -> None:
    """Measure each database in a process of its own, by that module's ``--measure``."""
    from tests.support.servers import create_database, drop_database

    server = os.environ.get("TEST_DATABASE_URL", "")
    for url in ("", server) if server else ("",):
        name = "haitang_bench_http"
        with tempfile.TemporaryDirectory(prefix="haitang-bench-") as folder:
            environment = {**os.environ, "VAR_DIR": folder, "LOG_LEVEL": "ERROR", "DEBUG": "0"}
            environment.pop("DATABASE_URL", None)
            if url:
                create_database(url, name)
                environment["DATABASE_URL"] = urlsplit(url)._replace(path=f"/{name}").geturl()
            command = [sys.executable, "-m", module, str(lines), str(requests)]
            try:
                subprocess.run([*command, "--measure"], cwd=ROOT, env=environment, check=True)
            finally:
                if url:
                    drop_database(url, name)
    if not server:
        print("没有 PostgreSQL（TEST_DATABASE_URL）：只测 SQLite。")


def measure(lines: int, requests: int) -> None:
    """The measurements of one database: fills it, serves it, asks for every page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.scene import PEOPLE, Scale, make_scene
    from campaigns.models import Campaign, SaleLine
    from haitang.kernel import clock

    call_command("migrate", verbosity=0)
    start = time.perf_counter()
    scene = make_scene(Scale().of_lines(lines), now=clock.now())
    held = f"{SaleLine.objects.count():,} 行销售，{Campaign.objects.count()} 场活动"
    print(
        f"{connection.display_name}：{held}，{len(PEOPLE)} 人同时，每人每页 {requests} 次"
        f"（准备 {time.perf_counter() - start:.0f} s）",
        flush=True,
    )
    _settle_down()
    with serving() as port:
        _wait_for_jobs()  # before the log-in: the server closes a connection that idles long
        people = [Person(port, name) for name in PEOPLE]
        report(people, pages(scene), requests)


def _settle_down() -> None:
    """What a database does after it was filled is over before it is measured."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("CHECKPOINT")
    connection.close()


def report(people: list[Person], wanted: list[Page], requests: int) -> None:
    """Ask for every page and print the table; what is beyond the floor is named below it."""
    bare = _times([person.anonymous() for person in people], "/login/", requests)
    print("| 页面 | p50 | p95 | 最长 | p95 与登录页之比 |\n| --- | --- | --- | --- | --- |")
    _print_row(BARE, bare, bare)
    slow = []
    addresses = {page: people[0].address_of(page) for page in wanted}
    for page, address in addresses.items():
        if not page.throttled:
            _times(people, address, WARM_UP)
    for page, address in addresses.items():
        count = min(requests, REQUESTS_THROTTLED) if page.throttled else requests
        times = _times(people, address, count)
        _print_row(page.name, times, bare)
        if times.at(0.95) > FLOOR_MS and not page.is_file:
            slow.append(page.name)
    print(f"超过 {FLOOR_MS:.0f} ms（p95）的：{'、'.join(slow) or '没有'}", flush=True)


def _print_row(name: str, times: Times, bare: Times) -> None:
    ratio = times.at(0.95) / bare.at(0.95)
    figures = " | ".join(f"{times.at(share):.0f}" for share in (0.5, 0.95, 1.0))
    print(f"| {name} | {figures} | {ratio:.1f}× |", flush=True)


def _times(people: list[Person], address: str, requests: int) -> Times:
    """Everybody asks that often at once; the first answer of each is not counted."""
    together = threading.Barrier(len(people))

    def ask(person: Person) -> list[float]:
        person.get(address)
        together.wait()
        return [person.timed(address) for _ in range(requests)]

    with ThreadPoolExecutor(len(people)) as pool:
        return Times(tuple(sorted(ms for times in pool.map(ask, people) for ms in times)))


class Person:
    """Somebody with a session and one kept connection."""

    def __init__(self, port: int, username: str = "") -> None:
        from benchmarks.scene import PASSWORD

        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        if username:
            self._ask("GET", "/login/")
            token = self._cookies["csrftoken"]
            given = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token}
            status, _ = self._ask("POST", "/login/", urlencode(given))
            if status != 302 or "sessionid" not in self._cookies:
                raise SystemExit(f"{username} could not log in: {status}")

    def anonymous(self) -> Person:
        """Another connection, without a session."""
        return Person(self._port)

    def timed(self, address: str) -> float:
        """How long the whole answer took, in ms."""
        start = time.perf_counter()
        self.get(address)
        return (time.perf_counter() - start) * 1000

    def get(self, address: str) -> bytes:
        """The answer, which has to be 200."""
        status, body = self._ask("GET", address)
        if status != 200:
            raise SystemExit(f"{address}: {status}\n{body[:2000].decode(errors='replace')}")
        return body

    def address_of(self, page: Page) -> str:
        """Its address, with the number of the last page of a list by what the first page says."""
        if "LAST" not in page.address:
            return page.address
        last, text = 1, self.get(page.address.replace("LAST", "1")).decode()
        if found := re.search(r"第 1 / (\d+) 页", text):
            last = int(found[1])
        elif found := re.search(r'"count":(\d+)', text):
            last = max(1, -(-int(found[1]) // 50))
        return page.address.replace("LAST", str(last))

    def _ask(self, method: str, address: str, body: str = "") -> tuple[int, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, _quoted(address), body or None, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, content


def _quoted(address: str) -> str:
    path, _, query = address.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    query = urlencode([(name, value.replace("+", " ")) for name, _, value in pairs])
    return f"{path}?{query}" if query else path


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The product's own server, by its own command; yields its port."""
    from tests.support.servers import _free_port

    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_served(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_served(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            if Person(port).get("/login/"):
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def _wait_for_jobs() -> None:
    """What the embedded worker makes up for at its start is not to be measured."""
    from haitang.kernel.models import Job

    deadline = time.monotonic() + START_SECONDS
    time.sleep(1)
    busy = Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])
    while time.monotonic() < deadline and busy.exists():
        time.sleep(0.2)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    wanted_lines, wanted_requests = [*numbers, *(2_000_000, REQUESTS)[len(numbers) :]][:2]
    run = measure if "--measure" in sys.argv else main
    run(wanted_lines, wanted_requests)

"""The same pages as ``bench_http`` without a server: the CPU that each takes, in ms.

A process asks as one person through Django's test client; what other processes do on the machine
disturbs it little. Prints the least and the middle of the requests, of the web process alone: what
PostgreSQL computes is not in it. Usage: ``python -m benchmarks.bench_pages [lines] [requests]``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.bench_http import Page, main, pages

if TYPE_CHECKING:
    from django.test import Client

REQUESTS = 8


def measure(lines: int, requests: int) -> None:
    """The measurements of one database: fills it, asks for every page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from benchmarks.scene import PEOPLE, Scale, make_scene
    from haitang.kernel import clock

    call_command("migrate", verbosity=0)
    scene = make_scene(Scale().of_lines(lines), now=clock.now())
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=PEOPLE[0]))
    print(f"{connection.display_name}\n| 页面 | 最少 | 中位 |\n| --- | --- | --- |", flush=True)
    for page in pages(scene):
        if page.address != "/api/campaigns/?page=LAST":  # as dear as the first one
            print_row(client, page, requests)


def print_row(client: Client, page: Page, requests: int) -> None:
    """Ask once to warm up, then so many times."""
    address = page.address.replace("LAST", "9999")  # a list shows its last page instead
    ask(client, address)
    times = sorted(ask(client, address) for _ in range(requests))
    print(f"| {page.name} | {times[0]:.0f} | {statistics.median(times):.0f} |", flush=True)


def ask(client: Client, address: str) -> float:
    """The CPU of one request with its whole answer, in ms."""
    start = time.process_time()
    answer = client.get(address)
    answer.getvalue()
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    wanted_lines, wanted_requests = [*numbers, *(2_000_000, REQUESTS)[len(numbers) :]][:2]
    if "--measure" in sys.argv:
        measure(wanted_lines, wanted_requests)
    else:
        main(wanted_lines, wanted_requests, module="benchmarks.bench_pages")

"""Imports beside other processes: nothing waits long, nothing is left half done."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import generate_sales
from tests.kernel.installation import Installation, finish, wait_until
from tests.wechat import sender

LINES = 1_000_000
STORES = """
from datetime import date
from campaigns.models import *
Store.objects.bulk_create([
    Store(code=f"S{n:03d}", name=str(n), opened_on=date(2020, 1, 1)) for n in range(1, 21)
])
"""
# Counts as the pages would: what is active, and whether its lines are all there.
COUNT = """
import json
from django.db.models import Sum
from campaigns.models import *
def count():
    days = StoreDay.objects.filter(is_active=True)
    print(json.dumps({
        "states": list(SalesImport.objects.order_by("id").values_list("state", flat=True)),
        "active": days.count(),
        "amount": days.aggregate(a=Sum("amount_fen"))["a"],
        "days": StoreDay.objects.count(),
        "lines": SaleLine.objects.count(),
    }))
"""
# Small writes all the time, each in a transaction of its own, and a follower's message to the
# webhook beside each; prints the slowest of both and how many there were. What it or the import
# was ready to do while other processes had the cores is the machine's waiting, not the import's.
WRITES = """
import contextlib
from pathlib import Path
importing, waited = Path(os.environ["NOTES"] + ".importing"), {}
def moment():
    for pid in ("self", importing.read_text() if importing.exists() else "self"):
        with contextlib.suppress(OSError):
            waited[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    return time.monotonic() - sum(waited.values()) / 1e9
from haitang.wechat.models import InboundEvent
from haitang.wechat.webhook.answering import Request, answer
from tests.wechat import sender
from haitang.kernel.models import Notice
from accounts.models import User
user = User.objects.create(username="w")
print("ready", flush=True)
slowest, slowest_message, count = 0.0, 0.0, 0
while not os.path.exists(os.environ["NOTES"] + ".stop"):
    began = moment()
    with transaction.atomic():
        Notice.objects.create(recipient=user, key=str(count), text="x", created_at=clock.now())
    slowest, count = max(slowest, moment() - began), count + 1
    sent, began = sender.encrypted(sender.text_message(number=count)), moment()
    request = Request("POST", sent.query, str(len(sent.body)), lambda length: sent.body)
    assert answer(request, now=clock.now()) == (200, "success")
    slowest_message = max(slowest_message, moment() - began)
    time.sleep(0.01)
assert InboundEvent.objects.count() == count
print(slowest, slowest_message, count)
"""


# An import that has loaded all its lines, says so, and does not get any further.
STUCK = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs behind
from campaigns.imports import switching
def stuck(*arguments):
    open(os.environ["NOTES"] + ".loaded", "w").close()
    time.sleep(60)
switching.roll_up = stuck
"""
IMPORT = """
from django.core.management import call_command
call_command("import_sales", {path!r})
"""
# As from a shell, where Ctrl-C has a status of its own.
RUN = """
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "import_sales", {path!r}])
"""
# A killed one still has its lease; here it is over at once instead of after half a minute.
SWEEP = """
Lease.objects.filter(name="sales-import").delete()
from campaigns.imports.services import sweep_imports
sweep_imports(now=clock.now())
"""


def wait_until_loaded(installation: Installation) -> None:
    wait_until(installation.notes_file.with_name("notes.loaded").exists)


def counts(installation: Installation, *steps: str) -> list[dict[str, Any]]:
    """What ``count()`` has printed while one process took these steps and counted at the end."""
    output = installation.run(COUNT + "\n".join([*steps, "count()"]))
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@pytest.mark.slow
@pytest.mark.long
def test_small_writes_during_an_import_of_a_million_lines_take_under_a_second(
    installation: Installation, tmp_path: Path
) -> None:
    """This one asserts a time: it is what the short transactions are for."""
    path = tmp_path / "sales.csv"
    generate_sales(path, lines=LINES, stores=20, days=400, seed=2)
    installation.run(STORES)
    writer = installation.script(
        WRITES,
        WECHAT_APP_ID=sender.APP_ID,
        WECHAT_TOKEN=sender.TOKEN,
        WECHAT_ENCODING_AES_KEY=sender.AES_KEY,
    )
    assert writer.stdout
    assert writer.stdout.readline() == "ready\n"
    importing = installation.manage("import_sales", str(path))
    installation.notes_file.with_name("notes.importing").write_text(str(importing.pid))
    output, _ = importing.communicate(timeout=300)
    installation.notes_file.with_name("notes.stop").touch()
    assert importing.returncode == 0, output
    assert "接受 1,000,000 行" in output
    slowest, slowest_message, count = finish(writer).split()
    assert float(slowest) < 1.0
    assert float(slowest_message) < 5.0  # then WeChat hangs up
    assert int(count) > 50
    assert counts(installation)[-1]["active"] == 8_000


def test_interrupted_import_leaves_nothing_half_done(
    installation: Installation, tmp_path: Path
) -> None:
    small, big = tmp_path / "small.csv", tmp_path / "big.csv"
    generate_sales(small, lines=2_000, stores=20, days=10, seed=1)
    generate_sales(big, lines=20_000, stores=20, days=40, seed=2)
    (before,) = counts(installation, STORES, IMPORT.format(path=str(small)))
    states = ["done"]
    for number in (signal.SIGKILL, signal.SIGINT):
        victim = installation.script(STUCK + RUN.format(path=str(big)))
        wait_until_loaded(installation)
        victim.send_signal(number)
        output, _ = victim.communicate(timeout=300)
        if number == signal.SIGINT:
            assert victim.returncode == 130, output
            assert "已中断，没有任何数据生效" in output
        after, swept = counts(installation, "count()", SWEEP)
        assert (after["active"], after["amount"]) == (before["active"], before["amount"])
        states.append("failed")
        assert swept == {**before, "states": states}
        installation.notes_file.with_name("notes.loaded").unlink()
    (whole,) = counts(installation, IMPORT.format(path=str(big)))
    assert whole["states"] == [*states, "done"]
    assert whole["active"] == 800


def test_second_import_at_the_same_time_is_refused_or_waits(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    generate_sales(path, lines=2_000, stores=20, days=10, seed=1)
    installation.run(STORES)
    holder = installation.script(
        "from campaigns.imports.leasing import import_lease\n"
        "with import_lease():\n"
        "    print('held', flush=True)\n"
        "    wait_for(os.environ['NOTES'] + '.go')\n"
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    refused = finish(installation.manage("import_sales", str(path)), code=2)
    assert "同一时间只能导入一个：请等它完成后再试" in refused
    waiting = installation.manage("import_sales", str(path), "--wait", "30")
    installation.notes_file.with_name("notes.go").touch()
    finish(holder)
    assert "接受 2,000 行" in finish(waiting)


def test_job_of_a_killed_worker_loads_again_from_the_start(
    installation: Installation, tmp_path: Path
) -> None:
    path = tmp_path / "sales.csv"
    generate_sales(path, lines=20_000, stores=20, days=40, seed=2)
    installation.run(
        STORES + "from campaigns.imports.services import submit_import\n"
        f"with open({str(path)!r}, 'rb') as content:\n"
        "    submit_import(content=content, name='sales.csv', by=None, now=clock.now())"
    )
    worker = installation.script(STUCK + "jobs.run_pending()")
    wait_until_loaded(installation)
    worker.kill()
    worker.wait()
    left, whole = counts(
        installation,
        "count()",
        "Lease.objects.all().delete()",
        "Job.objects.update(lease_until=clock.now())",
        "jobs.run_pending()",
    )
    assert left["active"] == 0
    assert whole == {
        "states": ["done"],
        "active": 800,
        "amount": whole["amount"],
        "days": 800,
        "lines": 20_000,
    }

"""A process killed in the middle of a step or a payment leaves all or nothing, and can go on.

An installation of its own, on SQLite and on PostgreSQL where one is at hand. One process walks a
month through its life; before each step it forks children that take the step and are killed by
SIGKILL at a named fail-point. What is there afterwards is noted each time.
"""

from __future__ import annotations

import json
from typing import Any

from tests.kernel.installation import Installation

WALK = """
import json, signal
from datetime import date, datetime
from django.db import connections
from accounts.models import User
from haitang.kernel import failpoints
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Conflict
from incentives.life.approval import approve_month, mark_paid, reverse_approval, submit_month
from incentives.models import *
from incentives.payments.paying import pay_all
from tests.factories.trade import make_manuscript
from tests.incentives.life_scene import OCTOBER, balances, calculated, make_house, make_month

NOW = datetime(2026, 11, 3, 10, tzinfo=SHANGHAI)
noted = []

def person(name):
    return User.objects.get(username=name)

def hand_in():
    submit_month(month=OCTOBER, by=person("supervisor"), now=NOW)

def approve():
    approve_month(month=OCTOBER, by=person("general_manager"), now=NOW)

def take_back():
    reverse_approval(month=OCTOBER, reason="重来", by=person("general_manager"), now=NOW)

def pay():
    waiting = list(Payment.objects.filter(state="waiting"))
    pay_all(settlement=Settlement.objects.get(), count=len(waiting),
            amount_fen=sum(row.amount_fen for row in waiting), by=person("finance"), now=NOW)

def note(name):
    "What is there; balances() verifies the ledger as it goes."
    noted.append([name, {
        "state": Settlement.objects.get().state,
        "keys": list(Journal.objects.values_list("key", flat=True)),
        "entries": Entry.objects.count(),
        "balances": balances(),
        "payouts": Payout.objects.count(),
        "payments": sorted(Payment.objects.values_list("state", flat=True)),
        "steps": SettlementStep.objects.count(),
        "audited": AuditEntry.objects.count(),
        "broken": [each.reason for each in audit.verify()],
    }])

def killed(act, point, time=1):
    "A child takes the step and dies when it reaches the point for that time."
    connections.close_all()
    child = os.fork()
    if child == 0:
        seen = []
        def reached(name):
            seen.append(name)
            if seen.count(point) == time:
                os.kill(os.getpid(), signal.SIGKILL)
        failpoints.on_reach = reached
        try:
            act()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (point, status)
    note(f"{act.__name__}@{point}")

def done(act):
    act()
    note(act.__name__)

people = make_house()
make_month()
make_manuscript("M1", date(2026, 10, 9))
calculated(people, NOW)
note("calculated")
"""


def walk(installation: Installation, *lines: str) -> dict[str, dict[str, Any]]:
    """What was there after each step or killed step, in their order."""
    output = installation.run("\n".join([WALK, *lines, "print(json.dumps(noted))"]))
    found = json.loads(output.strip().splitlines()[-1])
    assert all(each["broken"] == [] for _, each in found), found
    return dict(found)


def test_process_killed_before_its_commit_has_done_nothing(installation: Installation) -> None:
    found = walk(
        installation,
        "killed(hand_in, 'settlement.claimed')",
        "killed(hand_in, 'submission.before-commit')",
        "done(hand_in)",
        "killed(approve, 'settlement.claimed')",
        "killed(approve, 'ledger.entries-written', 2)",
        "killed(approve, 'approval.between-postings', 2)",
        "killed(approve, 'approval.before-commit')",
        "done(approve)",
        "killed(take_back, 'approval.between-reversals', 2)",
        "killed(pay, 'payment.changed', 3)",
        "killed(pay, 'ledger.posted', 4)",
        "done(pay)",
    )
    last = "calculated"
    for name, left in found.items():
        if "@" in name:
            assert left == found[last], name
        else:
            last = name
    assert found["hand_in"]["state"] == "submitted"
    assert found["approve"]["keys"] == [
        "fee/M1",
        "2026-10/1/funding",
        "2026-10/1/fee-M1",
        "2026-10/1/pool",
        "2026-10/1/distribution",
    ]
    assert (found["approve"]["payouts"], found["approve"]["payments"]) == (8, ["waiting"] * 8)
    assert found["pay"]["payments"] == ["paid"] * 8
    assert found["pay"]["balances"]["bank"] == 26_000


def test_process_killed_after_its_commit_has_done_all_and_it_is_not_done_twice(
    installation: Installation,
) -> None:
    found = walk(
        installation,
        "done(hand_in)",
        "killed(approve, 'approval.after-commit')",
        "try:",
        "    approve()",
        "except Conflict as refusal:",
        "    assert '现在是“已批准”' in str(refusal)",
        "    note('approved again')",
        "done(take_back)",
        "done(lambda: (hand_in(), approve()))",
    )
    after = found["approve@approval.after-commit"]
    assert (after["state"], after["payouts"]) == ("approved", 8)
    assert found["approved again"] == after
    assert found["take_back"]["balances"] == {"fee:M1": 10_000, "outstanding": 10_000}
    assert found["<lambda>"]["balances"] == after["balances"]

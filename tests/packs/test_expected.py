"""Whole packs against the settlement documents expected of them, month after month.

p101 has the default options; p102 (GB18030, Chinese headers), p103 and p104 have others, so that
every option is exercised. Most months are blocked by a problem, on purpose.
"""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from campaigns.models import SaleLine, StoreDay
from incentives.models import SettlementRun

FOLDER = Path(__file__).parent
PACKS = ["p101", "p102", "p103", "p104"]
BLOCKED = 3


def expected(name: str) -> list[dict[str, Any]]:
    with gzip.open(FOLDER / f"{name}.expected.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def settle(*arguments: str) -> tuple[list[dict[str, Any]], int]:
    """What ``settle --json`` prints, and its exit status."""
    out = io.StringIO()
    status = 0
    try:
        call_command("settle", *arguments, "--json", stdout=out)
    except SystemExit as stop:
        status = int(str(stop.code))
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def differences(ours: Any, theirs: Any, path: str) -> list[str]:
    """Where two documents differ, for a readable failure."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted(ours.keys() | theirs.keys())
        return [d for k in keys for d in differences(ours.get(k), theirs.get(k), f"{path}/{k}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for n, (a, b) in pairs for d in differences(a, b, f"{path}[{n}]")]
    return [] if ours == theirs else [f"{path}: {ours!r} instead of {theirs!r}"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", PACKS)
def test_pack_is_settled_to_the_expected_documents(name: str) -> None:
    call_command("load_pack", str(FOLDER / f"{name}.zip"), stdout=io.StringIO())
    wanted = expected(name)
    first, last = wanted[0]["month"], wanted[-1]["month"]

    documents, status = settle(first, "--until", last)

    assert differences(documents, wanted, name) == []
    assert len(wanted) == 12
    assert status == (BLOCKED if any(each["problems"] for each in wanted) else 0)
    # Earlier calls change nothing: neither the command's own, nor a second load.
    assert SettlementRun.objects.count() == 0
    counts = SaleLine.objects.count(), StoreDay.objects.count()
    out = io.StringIO()
    call_command("load_pack", str(FOLDER / f"{name}.zip"), stdout=out)
    assert all("没有变化" in line for line in out.getvalue().splitlines())
    assert (SaleLine.objects.count(), StoreDay.objects.count()) == counts
    assert settle(first, "--until", first) == ([wanted[0]], BLOCKED * bool(wanted[0]["problems"]))

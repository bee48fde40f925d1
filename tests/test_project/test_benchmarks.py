"""The measurements run, at a scale at which nobody would measure anything (`make drill`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The settings of the tests are not those of the product that is measured.
_OWN = frozenset(
    {
        "DJANGO_SETTINGS_MODULE",
        "TEST_DATABASE_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "PERSONAL_DATA_KEYS",
        "PERSONAL_DATA_HASH_KEY",
        "VAR_DIR",
        "LOG_LEVEL",
    }
)


@pytest.mark.drill
def test_pages_are_measured_on_a_small_chain() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _OWN}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_http", "600", "1"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^\| (.+?) \| \d+ \| \d+ \| \d+ \| [\d.]+× \|$", done.stdout, re.MULTILINE)
    assert {"工作台", "活动列表·末页", "操作记录·末页", "接口：一个月的结算单"} <= set(rows)

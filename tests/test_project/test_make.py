"""The Makefile and its script, as somebody without anything meets them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OLD_PYTHON = """#!/bin/sh
case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with no more than `make demo` looks at before it runs Python."""
    for name in ("Makefile", "tools", "requirements.txt", "requirements-dev.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def installed_venv(clone: Path, answer: str) -> None:
    """A .venv that says it holds what requirements.txt pins and whose Python prints."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {answer} $*\n")
    python.chmod(0o755)
    digest = "cat requirements.txt requirements.txt | cksum | tr ' ' '-'"
    stamp = f': > ".venv/installed-requirements-$({digest})"'
    subprocess.run(["sh", "-c", stamp], cwd=clone, check=True)


def test_python_too_old_is_told_in_a_sentence(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text(OLD_PYTHON)
    old.chmod(0o755)
    done = make(clone, "demo", f"PYTHON={old}")
    assert done.returncode != 0
    assert "需要 Python 3.11 或更新的版本，这里找到的是：Python 3.9.2。" in done.stderr
    assert not (clone / ".venv").exists()


def test_python_that_is_not_there_is_told_in_a_sentence(clone: Path) -> None:
    done = make(clone, "demo", "PYTHON=/nowhere/python3.11")
    assert done.returncode != 0
    assert "需要 Python 3.11 或更新的版本" in done.stderr


def test_second_demo_installs_nothing_and_serves(clone: Path) -> None:
    installed_venv(clone, "ran")
    done = make(clone, "demo")
    assert done.stdout.splitlines() == ["ran manage.py demo", "ran manage.py serve --simulator"]


def test_demo_without_serving_stops_after_printing(clone: Path) -> None:
    installed_venv(clone, "ran")
    assert make(clone, "demo", "SERVE=0").stdout.splitlines() == ["ran manage.py demo"]


def test_changed_requirements_are_installed_again(clone: Path) -> None:
    installed_venv(clone, "ran")
    with (clone / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    done = make(clone, "demo", "SERVE=0")
    assert "ran -m pip install -qq --disable-pip-version-check -r requirements.txt" in done.stdout
    assert len(list((clone / ".venv").glob("installed-*"))) == 1


def test_help_names_every_target(clone: Path) -> None:
    named = {line.split()[1] for line in make(clone).stdout.splitlines()}
    assert named == {"help", "demo", "test", "bench", "drill", "format", "clean"}

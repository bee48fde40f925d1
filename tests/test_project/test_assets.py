"""tools/assets.sh: the charts' component comes by npm, and its absence stops nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
INSTALLS = """#!/bin/sh
echo "$@" >> npm-said
mkdir -p node_modules/echarts/dist
echo "echarts" > node_modules/echarts/dist/echarts.min.js
"""
OFFLINE = """#!/bin/sh
echo "$@" >> npm-said
echo "npm error network ECONNREFUSED" >&2
exit 1
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script, the lock and a `.venv/bin/python` that does nothing."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    _command(tmp_path / ".venv" / "bin" / "python", "#!/bin/sh\nexit 0\n")
    return tmp_path


def _command(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _install(clone: Path, npm: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    _command(clone / "bin" / "npm", npm)
    environment = os.environ | {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "tools/assets.sh", *arguments],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _asked(clone: Path) -> list[str]:
    said = clone / "npm-said"
    return said.read_text().splitlines() if said.exists() else []


def test_second_start_does_not_ask_npm_again(clone: Path) -> None:
    assert _install(clone, INSTALLS).returncode == 0
    again = _install(clone, INSTALLS)
    assert (again.returncode, again.stdout) == (0, "")
    assert len(_asked(clone)) == 1
    assert "--omit=dev" in _asked(clone)[0]


def test_tests_get_their_own_packages_after_a_demo(clone: Path) -> None:
    _install(clone, INSTALLS)
    _install(clone, INSTALLS, "dev")
    _install(clone, INSTALLS)
    assert len(_asked(clone)) == 2
    assert "--omit" not in _asked(clone)[1]


def test_registry_out_of_reach_goes_on_and_says_so_once(clone: Path) -> None:
    first = _install(clone, OFFLINE)
    assert first.returncode == 0
    assert "图表组件没有装上" in first.stderr
    second = _install(clone, OFFLINE)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert len(_asked(clone)) == 1


def test_changed_lock_is_installed_again(clone: Path) -> None:
    _install(clone, INSTALLS)
    with (clone / "package-lock.json").open("a") as lock:
        lock.write("\n")
    _install(clone, INSTALLS)
    assert len(_asked(clone)) == 2


def test_lock_names_no_registry_of_one_machine() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    resolved = [each.get("resolved", "") for each in packages.values()]
    assert all(not at or at.startswith("https://registry.npmjs.org/") for at in resolved)

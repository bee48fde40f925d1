"""The pinned packages: exact, complete, installed, explained."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
RUN, DEV = "requirements.txt", "requirements-dev.txt"


def pins(name: str) -> dict[str, str]:
    """Canonical name → version. Fails for a line that is not an exact pin."""
    found: dict[str, str] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        words = line.partition("#")[0].strip()
        if not words or words == f"-r {RUN}":
            continue
        match = re.fullmatch(r"([\w.-]+)==([\w.]+)", words)
        assert match, f"{name}: {line!r} is not an exact pin"
        found[canonicalize_name(match[1])] = match[2]
    return found


def needs(package: str) -> set[str]:
    """What a package needs here, as its own metadata say."""
    required = [Requirement(line) for line in distribution(package).requires or []]
    here = [r for r in required if r.marker is None or r.marker.evaluate({"extra": ""})]
    return {canonicalize_name(r.name) for r in here}


@pytest.mark.parametrize("name", [RUN, DEV])
def test_pins_are_what_is_installed(name: str) -> None:
    for package, version in pins(name).items():
        try:
            assert distribution(package).version == version, package
        except PackageNotFoundError:
            pytest.fail(f"{package} is in {name} and not installed")


def test_run_time_pins_are_complete_without_those_of_the_tests() -> None:
    pinned = pins(RUN)
    for package in pinned:
        assert needs(package) <= set(pinned), package


def test_test_pins_are_complete() -> None:
    pinned = pins(RUN) | pins(DEV)
    for package in pinned:
        assert needs(package) <= set(pinned), package
    assert not set(pins(RUN)) & set(pins(DEV))


@pytest.mark.parametrize("name", [RUN, DEV])
def test_every_chosen_package_is_explained(name: str) -> None:
    chosen = (ROOT / name).read_text("utf-8").partition("# What those need in turn")[0]
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    for line in chosen.splitlines():
        package, pin, version = line.partition("==")
        if pin:
            assert package in page, package
            if name == RUN:
                assert f"| {package} | {version} |" in page, package


def test_product_imports_nothing_that_only_tests_have() -> None:
    test_only = {name.replace("-", "_") for name in pins(DEV)} | {"yaml", "tests", "benchmarks"}
    for app in ("haitang", "accounts", "campaigns", "content", "membership", "incentives"):
        for file in (ROOT / app).rglob("*.py"):
            text = file.read_text("utf-8")
            imported = set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE))
            assert not imported & test_only, file

"""The table of requirements, and the plugin that compares it with a run of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import requirement_table
from tests.support.requirement_table import Outcomes, Row, read_rows, unproven

ROOT = Path(__file__).parent.parent.parent
TOP = "| id | where | test | note |\n| --- | --- | --- | --- |\n"
TEST = "tests/incentives/test_split.py::test_pool_is_a_fifth"
ROW = Row("S000-53", (TEST,))


def test_table_of_this_repository_names_tests_that_exist() -> None:
    for row in read_rows(requirement_table.TABLE.read_text(encoding="utf-8")):
        for test in row.tests:
            file, _, name = test.partition("::")
            source = (ROOT / file).read_text(encoding="utf-8")
            assert f"def {name}(" in source, f"{row.id}: {test}"


def test_row_is_read_with_all_its_tests() -> None:
    other = "tests/campaigns/test_uplift.py::test_uplift_is_actual_less_baseline"
    table = f"{TOP}| S000-53 | split.py | `{TEST}`, `{other}` | a fifth |\n\nend | x"
    assert read_rows(table) == [Row("S000-53", (TEST, other))]


@pytest.mark.parametrize(
    "line",
    [
        "| S000-53 | incentives/calculation/split.py | by hand | |",
        f"| 53 | incentives/calculation/split.py | `{TEST}` | |",
        f"| S000-53 |  | `{TEST}` | |",
        f"| S000-53 | incentives/calculation/split.py | `{TEST}` |",
    ],
)
def test_row_that_proves_nothing_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"requirements\.md:3"):
        read_rows(TOP + line)


def test_requirement_with_two_rows_is_refused() -> None:
    line = f"| S000-53 | incentives/calculation/split.py | `{TEST}` | |\n"
    with pytest.raises(ValueError, match="S000-53"):
        read_rows(TOP + line + line)


@pytest.mark.parametrize(
    ("outcomes", "sentences"),
    [
        ({TEST: "passed"}, []),
        ({TEST: "skipped"}, [f"S000-53: {TEST} skipped"]),
        ({TEST: "failed"}, [f"S000-53: {TEST} failed"]),
        ({}, [f"S000-53: {TEST} does not exist"]),
    ],
)
def test_row_is_proven_by_a_test_that_passed_only(
    outcomes: dict[str, str], sentences: list[str]
) -> None:
    assert unproven([ROW], outcomes) == sentences


def test_worst_outcome_of_all_parameters_and_phases_counts() -> None:
    outcomes = Outcomes()
    outcomes.note(f"{TEST}[a::b]", "passed")
    outcomes.note(f"{TEST}[c]", "skipped")
    outcomes.note(f"{TEST}[d]", "passed")
    assert outcomes.by_test == {TEST: "skipped"}


CHILD = """
from pathlib import Path
from tests.support import requirement_table
requirement_table.TABLE = Path(__file__).with_name("requirements.md")
pytest_plugins = ["tests.support.requirement_table"]
"""
CHILD_TESTS = """
import pytest
def test_passes(): pass
def test_skips(): pytest.skip("no server")
"""


def run_child(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A project of two tests with a table that names one, run by pytest on its own."""
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (folder / "conftest.py").write_text(CHILD)
    (folder / "tests" / "test_x.py").write_text(CHILD_TESTS)
    row = f"| S000-01 | x.py | `tests/test_x.py::{test}` | |\n"
    (folder / "requirements.md").write_text(TOP + row)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        # Of the plugins installed only that of the workers is any use to it.
        env={
            "PYTHONPATH": f"{ROOT}",
            "PATH": "/usr/bin:/bin",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_full_run_fails_for_a_row_whose_test_was_skipped(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    done = run_child(tmp_path, "test_skips", *workers)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "S000-01: tests/test_x.py::test_skips skipped" in done.stdout
    assert "1 failed, 1 passed, 1 skipped" in done.stdout.splitlines()[-1]


def test_full_run_passes_when_every_named_test_passed(tmp_path: Path) -> None:
    done = run_child(tmp_path, "test_passes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the tests of all 1 rows ran and passed" in done.stdout


def test_partial_run_says_that_it_did_not_compare(tmp_path: Path) -> None:
    done = run_child(tmp_path, "test_skips", "-k", "passes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not compared" in done.stdout

"""docs/requirements.md against the tests: each named test exists, ran and passed.

A plugin: it follows every test's outcome and, at the end of a full run, adds a failure that
lists the rows whose test does not exist, was skipped or failed. On a partial run (some tests
chosen by path, name or mark) it only says that it did not look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

TABLE = Path(__file__).parent.parent.parent / "docs" / "requirements.md"
HEADER = ["id", "where", "test", "note"]
_ID = re.compile(r"[A-Z]\d{3}-\d{2,3}")
_NODE = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
_RANK = {"passed": 0, "skipped": 1, "failed": 2}


@dataclass(frozen=True)
class Row:
    """A requirement and the tests that prove it."""

    id: str
    tests: tuple[str, ...]


def read_rows(text: str) -> list[Row]:
    """The rows of the table. Raises ValueError that names the line that is not one."""
    rows: list[Row] = []
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if _cells(line) == HEADER), None)
    if start is None:
        raise ValueError(f"docs/requirements.md has no table with the columns {HEADER}")
    for number, line in enumerate(lines[start + 2 :], start + 3):
        if not line.startswith("|"):
            break
        cells = _cells(line)
        tests = _NODE.findall(cells[2]) if len(cells) == len(HEADER) else []
        if not tests or not _ID.fullmatch(cells[0]) or not cells[1]:
            raise ValueError(f"docs/requirements.md:{number}: not `id | where | test | note`")
        rows.append(Row(cells[0], tuple(tests)))
    double = {row.id for row in rows if [other.id for other in rows].count(row.id) > 1}
    if double:
        raise ValueError(f"docs/requirements.md: more than one row for {sorted(double)}")
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def unproven(rows: Iterable[Row], outcomes: Mapping[str, str]) -> list[str]:
    """A sentence for each named test that is not among the outcomes or did not pass.

    ``outcomes``: ``tests/x.py::test_y`` (without parameters) → passed, skipped or failed.
    """
    sentences = []
    for row in rows:
        for test in row.tests:
            outcome = outcomes.get(test)
            if outcome is None:
                sentences.append(f"{row.id}: {test} does not exist")
            elif outcome != "passed":
                sentences.append(f"{row.id}: {test} {outcome}")
    return sentences


class Outcomes:
    """The worst outcome of each test, over its phases and parameters."""

    def __init__(self) -> None:
        self.by_test: dict[str, str] = {}

    def note(self, nodeid: str, outcome: str) -> None:
        test = re.sub(r"::\w+(?=::)", "", nodeid.partition("[")[0])  # `file::Class::test` too
        worst = max(self.by_test.get(test, "passed"), outcome, key=_RANK.__getitem__)
        self.by_test[test] = worst


def is_full_run(config: pytest.Config) -> bool:
    """Whether every test was asked for: no paths, names, marks or early stop."""
    option = config.option
    only = getattr(option, "database_only", False)
    chosen = (
        only or option.keyword or option.markexpr or getattr(option, "lf", False) or option.maxfail
    )
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen


class RequirementTable:
    """The plugin of the process that reports (with xdist: of the one that hands out tests)."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.outcomes = Outcomes()
        self.said = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.outcomes.note(report.nodeid, report.outcome)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not is_full_run(self.config) or self.config.option.collectonly:
            self.said = "docs/requirements.md: not compared, this is a part of the tests."
            return
        try:
            rows = read_rows(TABLE.read_text(encoding="utf-8"))
            problems = unproven(rows, self.outcomes.by_test)
        except ValueError as error:
            rows, problems = [], [str(error)]
        if problems:
            _fail(session, self.config, "\n".join(problems))
        else:
            self.said = f"docs/requirements.md: the tests of all {len(rows)} rows ran and passed."

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.said:
            terminalreporter.write_line(self.said)


def _fail(session: pytest.Session, config: pytest.Config, message: str) -> None:
    """Count one more failure, so that pytest's closing line and exit status say so."""
    report = pytest.TestReport(
        nodeid="docs/requirements.md",
        location=("docs/requirements.md", 0, "every named test exists, ran and passed"),
        keywords={},
        outcome="failed",
        longrepr=message,
        when="call",
    )
    config.hook.pytest_runtest_logreport(report=report)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(RequirementTable(config), "requirement-table")

"""What every test may use; the parts live in tests/support/."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from haitang.kernel.clock import SHANGHAI
from haitang.kernel.kept import Kept

pytest_plugins = [
    "tests.support.append_only",
    "tests.support.pristine",
    "tests.support.people",
    "tests.support.services",
    "tests.support.installations",
    "tests.support.browser",
    "tests.support.requirement_table",
]

hypothesis_settings.register_profile("dev", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis_settings.register_profile("drill", deadline=None, max_examples=2_000)
hypothesis_settings.load_profile(
    "drill" if os.environ.get("DRILL") else "ci" if os.environ.get("CI") else "dev"
)

# A test that asks for one of these meets the database.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
# Tests of pages and of the API. What these ask of a database is asked of the second one by those
# that count the queries of every list, and by those marked `both`.
OF_PAGES = re.compile(r"/test_(views|api|pages?|downloads)[_.]")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="only the tests that meet the database: what a second database has to repeat",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        (chosen if _is_wanted(item, config) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = dealt(chosen)


def dealt(items: list[pytest.Item]) -> list[pytest.Item]:
    """Each worker's share begins with some of the long tests: none is left for the end.

    ``worksteal`` gives every worker a stretch of the tests, and lets it take of others' ends.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    found: list[pytest.Item] = []
    for worker in range(workers):
        found += long[worker::workers]
        share = len(items) * (worker + 1) // workers - len(found)
        found += rest[:share]
        del rest[:share]
    return found


def _is_wanted(item: pytest.Item, config: pytest.Config) -> bool:
    if item.get_closest_marker("drill") and not os.environ.get("DRILL"):
        return False
    if not config.getoption("--database-only"):
        return True
    fixtures = set(getattr(item, "fixturenames", ()))
    if "client" in fixtures or OF_PAGES.search(item.nodeid):
        asks_all = "constant_number_of_queries" in item.name
        return asks_all or item.get_closest_marker("both") is not None
    return bool(item.get_closest_marker("django_db") or fixtures & DATABASE_FIXTURES)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look through it again and again."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen: a Tuesday, ten in the morning in Shanghai."""
    return datetime(2026, 11, 3, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every test writes its files to a folder of its own, never into an installation."""
    folder: Path = tmp_path_factory.mktemp("var")
    settings.VAR_DIR = folder
    settings.MEDIA_ROOT = folder / "files"
    settings.SALES_INBOX = folder / "sales-inbox"


@pytest.fixture(autouse=True)
def _nothing_kept_from_earlier_tests() -> None:
    """Databases begin anew, and with them the keys of what a process keeps."""
    Kept.forget()


@pytest.fixture(autouse=True)
def _webhook_lets_go_of_the_database() -> Iterator[None]:
    """The webhook's own connection, where a test opened it, does not outlive the test."""
    yield
    if storing := sys.modules.get("haitang.wechat.webhook.storing"):
        storing.close()

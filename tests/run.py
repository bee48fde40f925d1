"""Everything that ``make test`` does: the static checks, then the tests on both databases.

``python -m tests.run [pytest arguments]``. With arguments only the tests they choose are run and
the static checks are left out. It ends with pytest's own closing line, and stops at the first
part that fails, so that this line tells how it went.

The environment's ``DATABASE_URL``, ``REDIS_URL`` and so on are not for the tests and are dropped;
``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name servers to use, else they are brought along.
Both databases are migrated once; every test process works on a copy. mypy keeps one core for as
long as all other preparations together: it runs beside them, and beside the first tests if it
must; when it finds something they are stopped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.servers import ServerMissing, create_database, postgres_server, redis_server

ROOT = Path(__file__).parent.parent
# What would make the tests depend on the installation that somebody runs from this shell.
NOT_FOR_TESTS = {
    "ALLOWED_HOSTS",
    "CAMPAIGN_SUMMARY_DAYS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_POOLER",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "EMBEDDED_WORKER",
    "HTTPS",
    "INBOX_MEDIA_DAYS",
    "LOG_LEVEL",
    "PERSONAL_DATA_HASH_KEY",
    "PERSONAL_DATA_KEYS",
    # Every process would compile the product and the tests anew.
    "PYTHONDONTWRITEBYTECODE",
    "REDIS_URL",
    "SALES_INBOX",
    "SALES_INBOX_MAPPING",
    "SECRET_KEY",
    "TRUSTED_PROXIES",
    "WECHAT_API_BASE",
    "WECHAT_APP_ID",
    "WECHAT_APP_SECRET",
    "WECHAT_ENCODING_AES_KEY",
    "WECHAT_ENCODING_AES_KEY_PREVIOUS",
    "WECHAT_ENCRYPTED_ONLY",
    "WECHAT_QUOTAS",
    "WECHAT_TIME_WINDOW",
    "WECHAT_TOKEN",
}
TYPES = ("mypy", "--strict", ".")
STATIC_CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("lint-imports",),
    ("manage.py", "makemigrations", "--check", "--dry-run"),
)
# pytest compiles a test module when it is first imported: else each process would do so by itself.
COMPILE = ("pytest", "--collect-only", "--quiet", "--quiet")
# Bytes that the tests' databases and files may take at once.
ROOM = 6 * 2**30
# Neither the browser nor the repository nor who may open what is another one on another database.
ON_POSTGRES = "not browser and not project and not once"


Environment = dict[str, str]


def main(arguments: list[str]) -> int:
    """The exit status: 0 when all checks and all tests passed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="haitang-tests-", dir=memory_disk())
    environment = {k: v for k, v in os.environ.items() if k not in NOT_FOR_TESTS}
    environment["VAR_DIR"] = environment["PYTEST_DEBUG_TEMPROOT"] = folder
    try:
        if arguments:
            return run_pytest(environment, *arguments)
        with contextlib.ExitStack() as stack:
            start_servers(environment, stack)
            pool = stack.enter_context(ThreadPoolExecutor(1))
            types = pool.submit(run_check, TYPES, environment)
            checks = [run_check(check, environment) for check in STATIC_CHECKS]
            if not all(checks):
                return 1
            environment |= make_templates(Path(folder) / "migrated", environment)
            if not is_compiled():
                run_check(COMPILE, environment)
            status = 1 if types.done() and not types.result() else run_tests(environment, types)
            if not types.result():
                print(f"{' '.join(TYPES)}: failed, as said above", flush=True)
                return 1
            return status
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory_disk() -> Path | None:
    """A folder in memory with room for the tests' databases: they wait for no disk there."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM else None


def start_servers(environment: Environment, stack: contextlib.ExitStack) -> None:
    """Name a PostgreSQL and a Redis in the environment; say which is missing."""
    for name, server in (
        ("TEST_REDIS_URL", redis_server),
        ("TEST_DATABASE_URL", postgres_server),
    ):
        if environment.get(name):
            continue
        try:
            environment[name] = stack.enter_context(server())
        except ServerMissing as error:
            print(f"{name}: {error}", flush=True)


def make_templates(folder: Path, environment: Environment) -> Environment:
    """Migrate a database of each kind; the variables that name them to the tests."""
    own = {name: value for name, value in environment.items() if not name.startswith("TEST_")}
    own |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "VAR_DIR": str(folder)}
    migrate = ("manage.py", "migrate", "--verbosity", "0")
    made = {}
    if run_check(migrate, own):
        made["TEST_SQLITE_TEMPLATE"] = str(folder / "haitang.sqlite3")
    if server := environment.get("TEST_DATABASE_URL"):
        name = "haitang_migrated"
        create_database(server, name)
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        if run_check(migrate, own | {"DATABASE_URL": url}):
            made["TEST_POSTGRES_TEMPLATE"] = name
    return made


def is_compiled() -> bool:
    """Whether pytest has compiled every test module since it was written."""
    return all(
        any(
            compiled.stat().st_mtime >= module.stat().st_mtime
            for compiled in (module.parent / "__pycache__").glob(f"{module.stem}.*-pytest-*.pyc")
        )
        for module in (ROOT / "tests").rglob("test_*.py")
    )


def run_check(command: tuple[str, ...], environment: Environment) -> bool:
    """Run one check in a process of its own; True when it is content."""
    tool, *rest = command
    python = Path(sys.executable)
    start = [python, tool] if tool == "manage.py" else [python.parent / tool]
    began = time.monotonic()
    done = subprocess.run(
        [*map(str, start), *rest],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "failed" if done.returncode else "ok"
    said = f"\n{done.stdout}" if done.returncode else ""
    print(f"{' '.join(command)}: {verdict} ({time.monotonic() - began:.1f} s){said}", flush=True)
    return done.returncode == 0


def run_tests(environment: Environment, types: Future[bool]) -> int:
    """The tests on PostgreSQL, then all of them on SQLite; stopped when the types are wrong."""
    # One more than cores: some tests wait for a browser, a server or a killed process.
    workers = ("-n", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal")
    if environment.get("TEST_DATABASE_URL"):
        print("Tests on PostgreSQL", flush=True)
        on_postgres = environment | {"DATABASE_URL": environment["TEST_DATABASE_URL"]}
        status = run_pytest(
            on_postgres, "--database-only", "-m", ON_POSTGRES, *workers, types=types
        )
        if status:
            return status
    else:
        print("没有 PostgreSQL，所以没有在它上面测试：请用 TEST_DATABASE_URL 指定一个。")
        if environment.get("REQUIRE_SERVICES") == "1":
            return 1
    print("Tests on SQLite", flush=True)
    return run_pytest(environment, *workers, types=types)


def run_pytest(environment: Environment, *arguments: str, types: Future[bool] | None = None) -> int:
    """Run pytest in a process of its own; its exit status."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=8", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            if types:
                types.add_done_callback(
                    lambda right: None if right.result() else process.terminate()
                )
            return process.wait()
        except BaseException:
            process.kill()
            raise


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

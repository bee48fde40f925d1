"""The embedded mode: worker and beat in the web process, and a second process beside it."""

from __future__ import annotations

import contextlib
import signal
import urllib.request
from datetime import datetime
from http import HTTPStatus

import pytest
from django.apps import apps

from haitang.kernel.clock import SHANGHAI
from haitang.web.celery import NIGHTLY, app
from haitang.web.embedded import missed_tonight
from tests.kernel.installation import Installation, finish, wait_until

WEB = "import haitang.wsgi\n"


def answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url) as response:  # noqa: S310
        return bool(response.status == HTTPStatus.OK)
    return False


def test_job_runs_in_a_thread_of_the_web_process(embedded: Installation) -> None:
    output = embedded.run(
        WEB + "job = enqueue()\n"
        "while job.state != 'done':\n"
        "    time.sleep(0.01)\n"
        "    job.refresh_from_db()\n"
        "print(job.result['by'] == os.getpid())"
    )
    assert output.endswith("True\n")
    assert "Traceback" not in output


def test_two_web_processes_do_each_job_once(embedded: Installation) -> None:
    embedded.run("for n in range(8): enqueue(0.2)")
    code = (
        WEB + "from campaigns import tasks\n"
        "tasks.pull_sales.delay()\n"
        "while Job.objects.exclude(state='done').exists() or Job.objects.count() < 9:\n"
        "    time.sleep(0.05)\n"
        "print(Lease.objects.filter(name='tick').count())"
    )
    outputs = [finish(process) for process in [embedded.script(code), embedded.script(code)]]
    assert [output.splitlines()[-1] for output in outputs] == ["1", "1"]
    assert len(embedded.notes()) == len(set(embedded.notes())) == 8
    found = embedded.run(
        "print(Job.objects.filter(kind='pull_sales').count(),"
        " max(Job.objects.values_list('attempts', flat=True)))"
    )
    assert found == "1 1\n"


def test_process_that_ends_gives_a_running_job_back(embedded: Installation) -> None:
    web = embedded.script(
        WEB + "@jobs.job_handler('endless')\n"
        "def endless(context):\n"
        "    open(os.environ['NOTES'], 'a').close()\n"
        "    while True:\n"
        "        time.sleep(0.01)\n"
        "        context.report(1, 2, '还在做')\n"
        "job = jobs.enqueue(kind='endless', payload={}, by=None, now=clock.now())\n"
        "while not os.path.exists(os.environ['NOTES']): time.sleep(0.01)\n"
    )
    finish(web)
    assert embedded.run("print(Job.objects.get(kind='endless').state)") == "queued\n"


def test_serve_without_migrations_says_what_to_run(embedded: Installation) -> None:
    empty = embedded.folder / "empty.sqlite3"
    serve = embedded.manage("serve", DATABASE_URL=f"sqlite:///{empty}")
    assert "请先运行 python manage.py migrate" in finish(serve, code=1)


def test_serve_answers_does_jobs_and_ends_when_told(embedded: Installation, web_port: int) -> None:
    # Due before the start: the sweep at the start takes it up. Beside the nightly ones that the
    # start makes up for, of which no second may run: a calculation of fees may.
    embedded.run(
        "jobs.enqueue(kind='take_up_fees', payload={}, by=None, now=clock.now(), key='left')"
    )
    serve = embedded.manage("serve", "--port", str(web_port))
    wait_until(lambda: answers(f"http://127.0.0.1:{web_port}/login/"))
    ended = embedded.run(
        "while (state := Job.objects.get(key='left').state) in ('queued', 'running'):\n"
        "    time.sleep(0.05)\n"
        "print(state)\n"
    )
    assert ended == "done\n"
    serve.send_signal(signal.SIGTERM)
    output = finish(serve)
    assert f"http://127.0.0.1:{web_port}/" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("hour", "missed"),
    [
        (1, []),
        (2, ["campaigns.pull_sales"]),
        (3, list(NIGHTLY)[:3]),
        (9, list(NIGHTLY)),
    ],
)
def test_missed_tonight_names_what_is_over_in_shanghai(hour: int, missed: list[str]) -> None:
    assert missed_tonight(datetime(2026, 11, 3, hour, 30, tzinfo=SHANGHAI)) == missed


def test_timetable_names_tasks_that_exist_at_shanghai_hours() -> None:
    assert apps.ready
    app.loader.import_default_modules()
    schedule = app.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} <= set(app.tasks)
    assert str(app.timezone) == "Asia/Shanghai"
    assert schedule["campaigns.pull_sales"]["schedule"].hour == {2}
    assert schedule["campaigns.compute_uplift"]["schedule"].hour == {3}

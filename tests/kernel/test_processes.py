"""Several processes on one database: nothing is done twice, nothing is lost."""

from __future__ import annotations

import signal

from tests.kernel.installation import Installation, finish, wait_until

# A process that has begun waits for this file, so that all of them run at one time.
TOGETHER = "wait_for(os.environ['NOTES'] + '.go')\n"


def together(installation: Installation, code: str, *, processes: int = 3) -> list[str]:
    """Run the code in several processes at once; what each printed."""
    started = [
        installation.script("print('ready', flush=True)\n" + TOGETHER + code)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout
        line = process.stdout.readline()
        assert line == "ready\n", line + process.stdout.read()
    installation.notes_file.with_name("notes.go").touch()
    return [finish(process) for process in started]


def test_lease_of_three_processes_has_one_holder_each_time(installation: Installation) -> None:
    outputs = together(
        installation,
        "for n in range(30):\n"
        "    if leases.acquire(f'lease{n}', str(os.getpid()), 60, clock.now()): print(n)",
    )
    taken = sorted(int(number) for output in outputs for number in output.split())
    assert taken == list(range(30))


def test_audit_by_three_processes_is_one_chain(installation: Installation) -> None:
    together(
        installation,
        "for n in range(10):\n"
        "    with transaction.atomic():\n"
        "        audit.record(stream='s', act='a', object_id=n, by=None, now=clock.now())",
    )
    assert "核对了 30 条" in finish(installation.manage("verify_audit"))


def test_enqueue_same_key_by_three_processes_is_one_job(installation: Installation) -> None:
    outputs = together(installation, "print(enqueue(key='night').pk)")
    assert len(set(outputs)) == 1


def test_jobs_run_by_three_processes_run_once_each(installation: Installation) -> None:
    installation.run("for n in range(20): enqueue()")
    together(installation, "jobs.run_pending()")
    assert sorted(installation.notes()) == sorted(set(installation.notes()))
    assert len(installation.notes()) == 20


def test_job_of_a_killed_process_is_taken_up_by_another(installation: Installation) -> None:
    victim = installation.script("jobs.run_job(enqueue(60).pk)")
    wait_until(lambda: len(installation.notes()) == 1)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    job = installation.notes()[0]
    # Its lease still runs: nobody takes the job away from a process that may be alive.
    assert installation.run("print(jobs.sweep(clock.now()))") == "[]\n"
    output = installation.run(
        "Job.objects.update(payload={'seconds': 0})\n"
        "later = lambda: clock.now() + timedelta(seconds=61)\n"
        "print(jobs.sweep(later()), jobs.run_pending(now=later))\n"
        "job = Job.objects.get()\n"
        "print(job.state, job.attempts, job.result == {'by': os.getpid()})"
    )
    assert output == f"[{job}] 1\ndone 2 True\n"
    assert installation.notes() == [job, job]


def test_enqueue_with_a_broker_that_is_down_leaves_the_row_to_the_sweep(
    embedded: Installation, web_port: int
) -> None:
    output = embedded.run("print(enqueue().state)", REDIS_URL=f"redis://127.0.0.1:{web_port}/0")
    assert output.endswith("queued\n")
    assert "waits for the sweep" in output
    assert embedded.run("print(len(jobs.sweep(clock.now())), jobs.run_pending())") == "1 1\n"

"""The administrator looks at the kernel's rows; only a failed job can be sent again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from haitang.kernel import jobs
from haitang.kernel.models import Job

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def boss(administrator: User, client: Client) -> Client:
    User.objects.filter(pk=administrator.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=administrator.pk))
    return client


@pytest.mark.parametrize("model", ["job", "auditentry", "lease", "notice", "storedfile"])
def test_admin_shows_rows_and_offers_no_change(boss: Client, model: str) -> None:
    assert boss.get(reverse(f"admin:kernel_{model}_changelist")).status_code == 200
    assert boss.get(reverse(f"admin:kernel_{model}_add")).status_code == 403


def test_admin_retries_failed_jobs_and_refuses_others(boss: Client) -> None:
    failed = jobs.enqueue(kind="x", payload={}, by=None, now=NOW)
    waiting = jobs.enqueue(kind="x", payload={}, by=None, now=NOW)
    Job.objects.filter(pk=failed.pk).update(state=Job.State.FAILED, attempts=3)
    answer = boss.post(
        reverse("admin:kernel_job_changelist"),
        {"action": "retry", "_selected_action": [failed.pk, waiting.pk]},
        follow=True,
    )
    failed.refresh_from_db()
    assert failed.state == Job.State.QUEUED
    assert f"任务 #{waiting.pk} 现在是“等待”，只有失败的任务可以重试" in answer.content.decode()

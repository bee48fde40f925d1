"""The Celery app. Tasks only wake workers: a job's truth is its row (haitang.kernel.jobs)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
app = Celery("haitang")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

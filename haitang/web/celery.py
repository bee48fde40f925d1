"""The Celery app and its timetable. Tasks only wake workers: a job's truth is its row.

With ``REDIS_URL`` start ``celery -A haitang worker`` and ``celery -A haitang beat``; without it
both are threads of the web process (``haitang.web.embedded``).
"""

import os
from datetime import time

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haitang.settings")
app = Celery("haitang")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Messages are sent and handled in many threads, each of which must find this app.
app.set_default()
app.autodiscover_tasks()

TICK_SECONDS = 30.0
# What a lost wake-up left of the followers' messages; a retry waits for it, too.
EVENTS_SECONDS = 5.0
# Task → when it runs each night, Asia/Shanghai.
NIGHTLY = {
    "campaigns.pull_sales": time(2, 0),
    "membership.take_up_members": time(2, 40),
    "campaigns.compute_uplift": time(3, 0),
    "campaigns.clean_imports": time(4, 0),
    "membership.drop_old_media": time(4, 10),
    "membership.sync_followers": time(4, 15),
    "incentives.take_up_fees": time(4, 30),
    "incentives.propose_events": time(4, 45),
    "haitang.wechat.clean": time(5, 0),
    # WeChat has yesterday's figures from eight o'clock on.
    "haitang.wechat.pull_statistics": time(8, 20),
    "content.freeze_reads": time(9, 0),
}
app.conf.beat_schedule = {
    "tick": {
        "task": "haitang.kernel.tick",
        "schedule": TICK_SECONDS,
        "options": {"expires": TICK_SECONDS},
    },
    "events": {
        "task": "haitang.wechat.process_events",
        "schedule": EVENTS_SECONDS,
        "options": {"expires": EVENTS_SECONDS},
    },
    **{
        name: {"task": name, "schedule": crontab(hour=at.hour, minute=at.minute)}
        for name, at in NIGHTLY.items()
    },
}
# Redis: a broker that is down costs a request two seconds at most, not a time-out of minutes.
# memory://: how often an idle worker looks, in seconds; kombu's own is one second.
app.conf.broker_transport_options = (
    {"socket_connect_timeout": 2, "socket_timeout": 30}
    if settings.REDIS_URL
    else {"polling_interval": 0.05}
)
app.conf.broker_connection_timeout = 2
# A worker that is busy with a long job keeps no other message to itself.
app.conf.worker_prefetch_multiplier = 1

from datetime import datetime, timedelta
from uuid import uuid4

from django.apps import AppConfig


class CountingConfig(AppConfig):
    name = "tests.wechat.counting"

    def ready(self) -> None:
        from haitang.kernel.models import Lease
        from haitang.wechat import handlers

        handlers._handlers.clear()  # of the product's own ones there is no need here

        @handlers.on_event("text")
        def count(event: handlers.Event, now: datetime) -> None:
            Lease.objects.create(
                name=f"effect:{event.key}:{uuid4().hex}", until=now + timedelta(days=1)
            )

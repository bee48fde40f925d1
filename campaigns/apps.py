from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "活动"

    def ready(self) -> None:
        from campaigns.seeding import seed_calendar

        post_migrate.connect(seed_calendar, sender=self)

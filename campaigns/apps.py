from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "活动"

    def ready(self) -> None:
        from accounts.stores import offer_stores
        from campaigns.seeding import seed_calendar
        from campaigns.selectors import store_names

        post_migrate.connect(seed_calendar, sender=self)
        offer_stores(store_names)

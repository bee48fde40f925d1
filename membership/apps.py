from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "membership"
    verbose_name = "会员"

    def ready(self) -> None:
        from membership import tabs, wechat_events  # noqa: F401

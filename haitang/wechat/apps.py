from django.apps import AppConfig


class WeChatConfig(AppConfig):
    name = "haitang.wechat"
    label = "wechat"
    verbose_name = "微信公众号"

    def ready(self) -> None:
        from haitang.wechat import checks, tabs, wechat_events  # noqa: F401

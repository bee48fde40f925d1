from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    name = "haitang.kernel"
    label = "kernel"
    verbose_name = "内核"

    def ready(self) -> None:
        from haitang.kernel import checks  # noqa: F401  (registers the checks)

        autodiscover_modules("jobs")

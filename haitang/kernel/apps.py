from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "haitang.kernel"
    label = "kernel"
    verbose_name = "内核"

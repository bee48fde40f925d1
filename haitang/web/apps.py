from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "haitang.web"
    label = "web"
    verbose_name = "网站"

    def ready(self) -> None:
        # Every process that may enqueue a job needs the Celery app that wakes a worker.
        from haitang.web import celery  # noqa: F401

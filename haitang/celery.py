"""Where ``celery -A haitang`` looks; the app lives in ``haitang.web.celery``."""

from haitang.web.celery import app

__all__ = ["app"]

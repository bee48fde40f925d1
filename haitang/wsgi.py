"""The WSGI callable that granian serves."""

from haitang.web.wsgi import application

__all__ = ["application"]

"""Addresses of the WeChat gateway."""

from __future__ import annotations

from django.urls import path

from haitang.wechat.webhook.views import callback

urlpatterns = [
    path("wechat/callback/", callback, name="wechat-callback"),
]

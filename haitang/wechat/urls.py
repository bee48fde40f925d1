"""Addresses of the WeChat gateway."""

from __future__ import annotations

from django.urls import path

from haitang.wechat.views import account, drafts, events, figures, mass, menu, publications, staff
from haitang.wechat.webhook.views import callback

urlpatterns = [
    path("wechat/callback/", callback, name="wechat-callback"),
    path("wechat/", account.account_page, name="wechat-account"),
    path("wechat/abilities/", account.ask_abilities, name="wechat-abilities"),
    path("wechat/pull/", account.pull, name="wechat-pull"),
    path("wechat/figures/", figures.figures_page, name="wechat-figures"),
    path("wechat/publications/", publications.publication_list, name="wechat-publications"),
    path("wechat/publications/record/", publications.record, name="wechat-record"),
    path("wechat/publications/publish/", publications.publish, name="wechat-publish"),
    path("wechat/publications/<int:pk>/ask/", publications.ask, name="wechat-publication-ask"),
    path(
        "wechat/publications/<int:pk>/settle/",
        publications.settle,
        name="wechat-publication-settle",
    ),
    path("wechat/drafts/", drafts.draft_list, name="wechat-drafts"),
    path("wechat/drafts/new/", drafts.draft_new, name="wechat-draft-new"),
    path("wechat/drafts/delete/", drafts.draft_delete, name="wechat-draft-delete"),
    path("wechat/mass/", mass.mass_list, name="wechat-mass"),
    path("wechat/mass/new/", mass.mass_new, name="wechat-mass-new"),
    path("wechat/mass/<int:pk>/ask/", mass.mass_ask, name="wechat-mass-ask"),
    path("wechat/mass/<int:pk>/settle/", mass.mass_settle, name="wechat-mass-settle"),
    path("wechat/menu/", menu.menu_page, name="wechat-menu"),
    path("wechat/menu/<int:pk>/push/", menu.push, name="wechat-menu-push"),
    path("wechat/mine/", staff.my_wechat, name="wechat-mine"),
    path("wechat/mine/bind/", staff.bind, name="wechat-bind"),
    path("wechat/mine/unbind/", staff.unbind, name="wechat-unbind"),
    path("wechat/log-in/", staff.log_in, name="wechat-log-in"),
    path("wechat/back/", staff.back, name="wechat-oauth-back"),
    path("wechat/events/", events.event_list, name="wechat-events"),
    path("wechat/events/<int:pk>/", events.event_page, name="wechat-event"),
    path("wechat/events/<int:pk>/replay/", events.replay, name="wechat-event-replay"),
]

"""The page of what WeChat sent: what was not processed, and what a person may do about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import day_field
from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import Invalid
from haitang.wechat.events import (
    KINDS,
    EventSearch,
    State,
    events_found,
    found_event,
    kind_name,
    masked_fields,
    replay_event,
    waiting_counts,
)
from haitang.wechat.rules import may_replay_events, may_see_events

PAGE = 50


class EventSearchForm(forms.Form):
    """The filters, in the address; a wrong one narrows nothing."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *State.choices])
    kind = forms.ChoiceField(label="种类", required=False, choices=[("", "全部"), *KINDS.items()])
    openid = forms.CharField(label="粉丝的 openid", required=False, max_length=64)
    first = day_field("从", required=False)
    last = day_field("到", required=False)

    def search(self) -> EventSearch:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        return EventSearch(
            state=given.get("state", ""),
            kind=given.get("kind", ""),
            openid=given.get("openid", "").strip(),
            first=given.get("first"),
            last=given.get("last"),
        )


@require_safe
@allow(may_see_events)
def event_list(request: HttpRequest) -> HttpResponse:
    """The events, the latest first, narrowed by the filters in the address."""
    form = EventSearchForm(request.GET)
    page = Paginator(events_found(form.search()), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(event, kind_name(event.kind)) for event in page.object_list],
        "counts": waiting_counts(),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "wechat/events.html", context)


@require_safe
@allow(may_see_events)
def event_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: what became of it, and its content masked."""
    return _page(request, pk)


@require_POST
@allow(may_replay_events)
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Processes a failed event once more."""
    event = found_event(pk)
    reason = request.POST.get("reason", "")
    try:
        replay_event(event=event, reason=reason, by=person(request), now=clock.now())
    except Invalid as error:
        return _page(request, pk, error=error.sentence)
    messages.success(request, f"消息 #{pk} 已重新排队，一会儿会处理。")
    return redirect("wechat-event", pk=pk)


def _page(request: HttpRequest, pk: int, *, error: str = "") -> HttpResponse:
    event = found_event(pk)
    context: dict[str, Any] = {
        "event": event,
        "kind": kind_name(event.kind),
        "fields": masked_fields(event),
        "may_replay": may_replay_events(request.user),
        "error": error,
    }
    return render(request, "wechat/event.html", context, status=400 if error else 200)

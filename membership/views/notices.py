"""A subscription notification to a follower who agreed to one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import Conflict, Invalid
from haitang.wechat import gateway
from membership import notifying, rules
from membership.models import Follower, FollowerNotice
from membership.notifying import Template
from membership.views.followers import found


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_answer)
def notify(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill in a template and send it; what cannot go out is said beside what was written."""
    follower, fault = found(pk), ""
    templates: list[tuple[Template, int]] = []
    try:
        templates = notifying.templates_of(follower, by=person(request))
    except gateway.WeChatError as error:
        fault = error.sentence
    given = request.POST.get("template") or request.GET.get("template", "")
    chosen = next((each for each, _ in templates if each.id == given), None)
    if chosen is None and len(templates) == 1:
        chosen = templates[0][0]
    if request.method == "POST" and chosen is not None:
        try:
            return _sent(request, follower, chosen)
        except (Invalid, Conflict) as refusal:
            fault = refusal.sentence
    fields = chosen.fields if chosen else ()
    context = {
        "follower": follower,
        "templates": templates,
        "chosen": chosen,
        "fields": [(each, request.POST.get(each.name, "")) for each in fields],
        "fault": fault,
        "key": request.POST.get("key") or uuid.uuid4().hex,
    }
    is_wrong = request.method == "POST" and bool(fault)
    return render(request, "membership/notify.html", context, status=400 if is_wrong else 200)


def _sent(request: HttpRequest, follower: Follower, template: Template) -> HttpResponse:
    notice = notifying.send_notice(
        follower=follower,
        template=template,
        data=request.POST.dict(),
        key=request.POST.get("key", "")[:64] or uuid.uuid4().hex,
        by=person(request),
        now=clock.now(),
    )
    if notice.state == FollowerNotice.State.SENT:
        messages.success(request, f"已发通知“{notice.title}”。")
    else:
        messages.error(request, f"通知“{notice.title}”{notice.get_state_display()}：{notice.error}")
    return redirect("follower", pk=follower.pk)

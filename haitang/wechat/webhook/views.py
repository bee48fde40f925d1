"""The webhook as a Django view, for servers that do not come in by ``haitang.web.wsgi``."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from haitang.kernel import clock
from haitang.wechat.webhook.answering import HEADERS, Request, answer


@csrf_exempt
@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """WeChat's check of the address (GET) and its messages (POST)."""
    status, text = answer(
        Request(
            method=request.method or "",
            query=request.GET,
            length=request.META.get("CONTENT_LENGTH") or "",
            read=lambda _: request.body,
        ),
        now=clock.now(),
    )
    return HttpResponse(text, status=status, headers=HEADERS)

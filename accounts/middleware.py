"""Who was given a first password changes it before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

_OPEN = frozenset({"password", "logout", "login"})
SENTENCE = "请先在网页上修改首个密码，再使用接口。"


class FirstPasswordMiddleware:
    """Lets a person with a first password through to the password page and the log-out only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(request.user, "must_change_password", False):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in _OPEN:
            return None
        if request.path.startswith("/api/"):
            error = {"code": "not_allowed", "message": SENTENCE, "details": []}
            return JsonResponse({"error": error}, status=403)
        return redirect(reverse("password"))

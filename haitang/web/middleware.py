"""A refusal raised in a view becomes a page with its sentence; every page carries its CSP."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from haitang.kernel.errors import Refusal
from haitang.kernel.masking import masked_numbers

# Everything is served by the product itself: no inline script or style, no foreign host.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADINGS = {403: "没有权限", 404: "没有找到", 409: "现在不能这样做"}


class ContentSecurityPolicyMiddleware:
    """Sends the content security policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


class RefusalMiddleware:
    """Turns a ``Refusal`` that a view lets pass into a page with its sentence and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        context = {
            "sentence": masked_numbers(error.sentence, least=11),
            "details": [masked_numbers(each, least=11) for each in error.details],
            "heading": _HEADINGS.get(error.status, "这一步没有做成"),
            "way_back": _way_back(request),
        }
        return render(request, "web/refusal.html", context, status=error.status)


def _way_back(request: HttpRequest) -> str:
    """The page before, when it is one of ours and not the one refused."""
    before = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()})
    return before if safe and before != request.build_absolute_uri() else ""

"""Sending a sales file, saying which column is which, withdrawing: placeholders for addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_http_methods, require_safe

from accounts.rules import allow
from campaigns import rules


@require_POST
@allow(rules.may_import)
def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@require_http_methods(["GET", "POST"])
@allow(rules.may_import)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse()


@require_POST
@allow(rules.may_import)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse()


@require_safe
@allow(rules.may_see_imports)
def bad_rows(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse()

"""The imports, one import's progress and counts, its bad rows and its withdrawal."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.rules import allow
from campaigns import rules, selectors
from campaigns.models import SalesImport
from haitang.kernel.errors import NotThere

PAGE = 25
BAD_ROWS_SHOWN = 20
_UNDER_WAY = frozenset({SalesImport.State.WAITING, SalesImport.State.LOADING})


@require_safe
@allow(rules.may_see_imports)
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports, newest first, and the form to send a file."""
    return render(request, "campaigns/import_list.html", list_context(request))


def list_context(request: HttpRequest) -> dict[str, Any]:
    """What the list shows; also when a file that was sent is refused."""
    may_import = rules.may_import(request.user)
    return {
        "page": Paginator(selectors.imports(), PAGE).get_page(request.GET.get("page")),
        "may_import": may_import,
    }


@require_safe
@allow(rules.may_see_imports)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: how far it is, what it holds, what was refused and why."""
    return render(request, "campaigns/import.html", _context(request, pk))


@require_safe
@allow(rules.may_see_imports)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while the import runs; ``Poll-Done`` when it ended."""
    context = _context(request, pk)
    answer = render(request, "campaigns/import_progress.html", context)
    if not context["under_way"]:
        answer["Poll-Done"] = "1"
    return answer


def found(pk: int) -> SalesImport:
    """The import of that number, or NotThere."""
    row = selectors.imports().filter(pk=pk).first()
    if row is None:
        raise NotThere(f"没有第 {pk} 号导入：请从导入列表里再找一次。")
    return row


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    row = found(pk)
    return {
        "row": row,
        "under_way": row.state in _UNDER_WAY,
        "bad_rows": row.bad_rows.all()[:BAD_ROWS_SHOWN] if row.lines_refused else [],
        "may_import": rules.may_import(request.user),
    }

"""The item cost list: searched, and a new list sent."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from campaigns import rules
from campaigns.imports.item_costs import Loaded, costs_found, load_item_costs
from campaigns.mapping_form import CostListForm
from haitang.kernel import clock
from haitang.kernel.errors import Refusal

PAGE = 50


@require_safe
@allow(rules.may_see_imports)
def item_costs(request: HttpRequest) -> HttpResponse:
    """The costs, found by item; who may import sends a list here."""
    return render(request, "campaigns/import_costs.html", _context(request))


@require_POST
@allow(rules.may_import)
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a cost list in whole, or refuses it with every fault."""
    form = CostListForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            loaded = _load(request, form.cleaned_data["file"])
        except Refusal as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, loaded.sentence)
            return redirect("item-costs")
    context = {**_context(request), "upload_form": form}
    return render(request, "campaigns/import_costs.html", context, status=400)


def _load(request: HttpRequest, file: UploadedFile[bytes]) -> Loaded:
    """The reader wants a file on the disk; an upload may be in memory."""
    name = str(file.name)
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        return load_item_costs(path=Path(kept.name), name=name, by=person(request), now=clock.now())


def _context(request: HttpRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()
    may_import = rules.may_import(request.user)
    return {
        "q": text,
        "page": Paginator(costs_found(text), PAGE).get_page(request.GET.get("page")),
        "may_import": may_import,
        "upload_form": CostListForm() if may_import else None,
    }

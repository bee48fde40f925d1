"""Sending a sales file: kept, previewed with a guessed mapping, corrected, imported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rules import allow, person
from campaigns import rules
from campaigns.forms import UploadForm
from campaigns.imports import mapping as mappings
from campaigns.imports import previews, services
from campaigns.mapping_form import MappingForm
from campaigns.models import SalesImport, SourceMapping
from campaigns.views.imports import list_context
from haitang.kernel import clock, files
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.kernel.masking import masked, masked_numbers
from haitang.kernel.models import StoredFile

ROWS = 8


@require_POST
@allow(rules.may_import)
def upload(request: HttpRequest) -> HttpResponse:
    """Keeps the file and goes on to its preview; imports nothing yet."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {**list_context(request), "upload_form": form}
        return render(request, "campaigns/import_list.html", context)
    file = form.cleaned_data["file"]
    stored = files.store_file(name=file.name, content=file, by=person(request), now=clock.now())
    source = form.cleaned_data["source"]
    query = f"?{urlencode({'source': source})}" if source else ""
    return redirect(reverse("import-mapping", args=[stored.pk]) + query)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_import)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """The first rows of a kept file, which column is which field, and what is read out of it.

    POST imports the file; with ``preview`` it only shows anew what would be read.
    """
    stored = _stored(request, pk)
    source, saved = _source(request)
    parts = _reading_parts(request, saved)
    first = previews.first_rows(files.content_of(stored), name=stored.name, rows=ROWS, **parts)
    document = saved or {**mappings.guess(first.headers), **parts}
    form = MappingForm(request.POST or None, headers=first.headers, document=document, name=source)
    faults: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        document = form.document(keep=parts)
        try:
            if "preview" not in request.POST:
                return redirect("import", pk=_submit(request, stored, form, first, parts).pk)
            mappings.resolve(mappings.parse(document), first.headers)
        except Refusal as refusal:
            faults = refusal
    context = {
        "file": stored,
        "form": form,
        "faults": faults,
        "columns": list(zip(first.headers, form.assigned(), strict=True)),
        "repeated": mappings.repeated(first.headers, form.assigned()),
        "rows": _masked(first.rows, form.assigned()),
        "read": _read(stored, document) if not form.errors and not faults else [],
        "fields": list(mappings.FIELDS.values()),
        "source": source,
        "parts": parts,
        "busy": services.under_way(),
    }
    return render(request, "campaigns/mapping.html", context)


def _submit(
    request: HttpRequest,
    stored: StoredFile,
    form: MappingForm,
    first: previews.FirstRows,
    parts: dict[str, Any],
) -> SalesImport:
    """Saves the mapping when it has a name, and queues the import."""
    document: dict[str, Any] | None = form.document(keep=parts)
    by, now, name = person(request), clock.now(), form.cleaned_data["name"].strip()
    mappings.resolve(mappings.parse(document), first.headers)
    if name and document is not None:
        services.save_mapping(name=name, document=document, by=by, now=now)
    elif document == mappings.guess(first.headers) and _is_standard(first.headers):
        document = None
    busy = services.under_way()
    submitted = services.submit_import(
        stored=stored,
        by=by,
        now=now,
        mapping_name=name or None,
        document=document,
        again=form.cleaned_data["again"],
    )
    waits = f"同一时间只导入一个，前面还有 {len(busy)} 个，轮到它会自动开始。" if busy else ""
    messages.success(request, f"“{stored.name}”已排队导入。{waits}")
    return submitted


def _read(stored: StoredFile, document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the first rows become under the mapping; nothing while the mapping is not whole."""
    try:
        seen = previews.preview(
            files.content_of(stored), mappings.parse(document), name=stored.name, rows=ROWS
        )
    except Invalid:
        return []
    return [
        {"line": row.line, "problem": row.problem, "values": _shown(row.values)}
        for row in seen.rows
        if row.values or row.problem
    ]


def _shown(values: dict[str, str] | None) -> list[str]:
    """The values of a row in the order of the fields, with the card masked."""
    if values is None:
        return []
    return [masked(text) if field == "member" else text for field, text in values.items()]


# How the cells of a field's column are shown; a day may be written 20261017.
_SHOWN: dict[str, Callable[[str], str]] = {
    "member": masked,
    "date": partial(masked_numbers, least=11),
    "receipt": str,
    "item": str,
}


def _masked(rows: list[list[str]], assigned: list[str]) -> list[list[str]]:
    """The rows with member cards masked, and long numbers wherever no code is expected."""
    by_label = {mappings.FIELDS[field]: shown for field, shown in _SHOWN.items()}
    shown = [by_label.get(label, masked_numbers) for label in assigned]
    return [[show(cell) for show, cell in zip(shown, row, strict=True)] for row in rows]


def _is_standard(headers: list[str]) -> bool:
    try:
        mappings.resolve(mappings.STANDARD, headers)
    except Invalid:
        return False
    return True


def _stored(request: HttpRequest, pk: int) -> StoredFile:
    """A file that this person sent, or that an import is made of; NotThere for any other."""
    stored = StoredFile.objects.filter(pk=pk).first()
    if stored is not None and (
        stored.created_by_id == request.user.pk or SalesImport.objects.filter(file=stored).exists()
    ):
        return stored
    raise NotThere("没有这个文件：请回到销售导入页重新上传。")


def _source(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """The saved mapping named in the address, and its document."""
    name = request.GET.get("source", "")
    saved = SourceMapping.objects.filter(name=name).first() if name else None
    return (saved.name, dict(saved.document)) if saved else ("", {})


def _reading_parts(request: HttpRequest, saved: dict[str, Any]) -> dict[str, Any]:
    """Which sheet and which line of it is the header, where that is not left to the product."""
    parts: dict[str, Any] = {key: saved[key] for key in ("sheet", "header_row") if key in saved}
    if sheet := request.GET.get("sheet", "").strip():
        parts["sheet"] = sheet
    row = request.GET.get("header_row", "")
    if row.isdigit() and 1 <= int(row) <= 100:
        parts["header_row"] = int(row)
    return parts

"""Sending a sales file: kept, previewed with a guessed mapping, corrected, imported."""

from __future__ import annotations

from dataclasses import dataclass
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
from campaigns.imports import services
from campaigns.imports.reading import open_table
from campaigns.mapping_form import MappingForm
from campaigns.models import MemberCard, SalesImport, SourceMapping
from campaigns.views.imports import list_context
from haitang.kernel import clock, files
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.kernel.models import StoredFile

PREVIEW_ROWS = 8


@dataclass(frozen=True)
class Preview:
    """The header and the first rows of a file."""

    headers: list[str]
    rows: list[list[str]]


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
    """The first rows of a kept file and which column is which field; POST imports it."""
    stored = _stored(request, pk)
    source, saved = _source(request)
    parts = _reading_parts(request, saved)
    preview = _preview(stored, parts)
    document = saved or {**mappings.guess(preview.headers), **parts}
    form = MappingForm(
        request.POST or None, headers=preview.headers, document=document, name=source
    )
    faults: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("import", pk=_submit(request, stored, form, preview, parts).pk)
        except Refusal as refusal:
            faults = refusal
    context = {
        "file": stored,
        "form": form,
        "faults": faults,
        "columns": list(zip(preview.headers, form.assigned(), strict=True)),
        "rows": _masked(preview.rows, form.member_column()),
        "source": source,
        "parts": parts,
    }
    return render(request, "campaigns/mapping.html", context)


def _submit(
    request: HttpRequest,
    stored: StoredFile,
    form: MappingForm,
    preview: Preview,
    parts: dict[str, Any],
) -> SalesImport:
    """Saves the mapping when it has a name, and queues the import."""
    document: dict[str, Any] | None = form.document(keep=parts)
    by, now, name = person(request), clock.now(), form.cleaned_data["name"].strip()
    mappings.resolve(mappings.parse(document), preview.headers)
    if name and document is not None:
        services.save_mapping(name=name, document=document, by=by, now=now)
    elif document == mappings.guess(preview.headers) and _is_standard(preview.headers):
        document = None
    with files.open_file(stored) as content:
        submitted = services.submit_import(
            content=content,
            name=stored.name,
            by=by,
            now=now,
            mapping_name=name or None,
            document=document,
            again=form.cleaned_data["again"],
        )
    messages.success(request, f"“{stored.name}”已排队导入。")
    return submitted


def _masked(rows: list[list[str]], member: int | None) -> list[list[str]]:
    """The rows with member cards shown by their last digits only."""
    if member is None:
        return rows
    return [
        [
            str(MemberCard(number=cell)) if index == member else cell
            for index, cell in enumerate(row)
        ]
        for row in rows
    ]


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


def _preview(stored: StoredFile, parts: dict[str, Any]) -> Preview:
    table = open_table(
        files.path_of(stored),
        name=stored.name,
        sheet=parts.get("sheet"),
        header_row=parts.get("header_row"),
    )
    first = next(iter(table.chunks(PREVIEW_ROWS)), None)
    count = min(len(first.lines), PREVIEW_ROWS) if first else 0
    width = len(table.headers)
    rows = [first.row(index)[:width] for index in range(count)] if first else []
    return Preview(list(table.headers), rows)

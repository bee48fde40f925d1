"""Saved mappings: which sources there are, changing one, deleting one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from campaigns import rules
from campaigns.imports import previews, services
from campaigns.mapping_form import MappingForm
from campaigns.models import SalesImport, SourceMapping
from haitang.kernel import clock, files
from haitang.kernel.errors import NotThere, Refusal

_KEPT_ASIDE = ("sheet", "header_row")


@require_safe
@allow(rules.may_see_imports)
def mapping_list(request: HttpRequest) -> HttpResponse:
    """The saved mappings."""
    context = {
        "mappings": SourceMapping.objects.select_related("updated_by"),
        "may_import": rules.may_import(request.user),
    }
    return render(request, "campaigns/mapping_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_import)
def mapping_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a mapping; its columns are those of the last file that came from this source."""
    saved = _found(pk)
    document = dict(saved.document)
    headers, file_name = _headers(saved)
    form = MappingForm(request.POST or None, headers=headers, document=document, name=saved.name)
    faults: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            kept = _save(request, saved, form)
        except Refusal as refusal:
            faults = refusal
        else:
            messages.success(request, f"映射“{kept}”已保存，从下一次导入起使用。")
            return redirect("mappings")
    context = {"saved": saved, "form": form, "faults": faults, "file_name": file_name}
    return render(request, "campaigns/mapping_edit.html", context)


@require_POST
@allow(rules.may_import)
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes a mapping; imports made with it keep their own copy."""
    saved = _found(pk)
    services.delete_mapping(mapping=saved, by=person(request), now=clock.now())
    messages.success(request, f"映射“{saved.name}”已删除；用它做过的导入不受影响。")
    return redirect("mappings")


def _save(request: HttpRequest, saved: SourceMapping, form: MappingForm) -> str:
    """Another name keeps the old mapping and saves a second one."""
    keep = {key: saved.document[key] for key in _KEPT_ASIDE if key in saved.document}
    name = form.cleaned_data["name"].strip() or saved.name
    kept = services.save_mapping(
        name=name, document=form.document(keep=keep), by=person(request), now=clock.now()
    )
    return kept.name


def _headers(saved: SourceMapping) -> tuple[list[str], str]:
    """The columns to choose from: of the last file at hand, and those that the mapping names."""
    named = [str(column) for column in saved.document.get("columns", {}).values()]
    last = (
        SalesImport.objects.filter(source=saved.name, file__isnull=False)
        .select_related("file")
        .order_by("-pk")
        .first()
    )
    if last is None or last.file is None:
        return named, ""
    try:
        headers = previews.first_rows(
            files.content_of(last.file), name=last.file_name, **_reading(saved.document), rows=1
        ).headers
    except Refusal:  # the file is gone or unreadable: the mapping's own columns remain
        return named, ""
    missing = [name for name in named if name.partition("#")[0] not in headers]
    return [*headers, *missing], last.file_name


def _reading(document: dict[str, Any]) -> dict[str, Any]:
    return {key: document.get(key) for key in _KEPT_ASIDE}


def _found(pk: int) -> SourceMapping:
    saved = SourceMapping.objects.filter(pk=pk).first()
    if saved is None:
        raise NotThere("没有这个映射：它可能已被删除，请从映射列表里再找一次。")
    return saved

"""The administrator's page for data packs: send one, see what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rules import allow, person
from haitang.datapack import uploads
from haitang.datapack.contents import KINDS
from haitang.datapack.rules import may_load_packs
from haitang.kernel import audit, clock
from haitang.kernel.errors import Refusal

PAGE, SHOWN = 25, 50


class PackForm(forms.Form):
    """A pack, and what becomes of its bad rows."""

    file = forms.FileField(
        label="数据包（.zip）",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        error_messages={
            "required": "请先选一个文件再上传。",
            "empty": "这个文件是空的：请重新压缩后再试。",
            "missing": "没有收到文件：请重新选择后再上传。",
        },
    )
    skip_bad_rows = forms.BooleanField(label="跳过有误的行，其余照常装入", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(may_load_packs)
def packs(request: HttpRequest) -> HttpResponse:
    """The packs loaded here, newest first; POST sends one."""
    form = PackForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = uploads.submit_pack(
                file=file,
                name=file.name,
                skip_bad_rows=form.cleaned_data["skip_bad_rows"],
                by=person(request),
                now=clock.now(),
            )
            return redirect("pack", pk=job.pk)
        except Refusal as refusal:
            form.add_error("file", str(refusal))
    page = Paginator(uploads.loads(), PAGE).get_page(request.GET.get("page"))
    status = 400 if form.errors else 200
    context = {"form": form, "page": page, "kinds": KINDS}
    return render(request, "datapack/packs.html", context, status=status)


@require_safe
@allow(may_load_packs)
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """One load: how far it is, or each file with what changed and what was refused."""
    return render(request, "datapack/pack.html", _context(pk))


@require_safe
@allow(may_load_packs)
def pack_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while it loads; ``Poll-Done`` at the end."""
    context = _context(pk)
    answer = render(request, "datapack/pack_progress.html", context)
    if not context["pack"].under_way:
        answer["Poll-Done"] = "1"
    return answer


@require_safe
@allow(may_load_packs)
def rejected_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows with their reasons, as a CSV file for Excel."""
    loaded, file = uploads.load_of(pk), f"pack-{pk}-rejected.csv"
    audit.record_download(file=file, by=person(request), now=clock.now(), obj=loaded.job)
    answer = HttpResponse(uploads.rejected_csv(loaded), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _context(pk: int) -> dict[str, Any]:
    loaded = uploads.load_of(pk)
    return {"pack": loaded, "job": loaded.job, "shown": loaded.rejected[:SHOWN]}

"""Codes of stores and campaigns: the list, one with its figures, poster, picture, report."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import audit, clock, files, sheets
from haitang.kernel.errors import NotThere, Refusal
from membership import rules, scene_report, scenes
from membership.forms import SceneForm, SpanForm
from membership.models import SceneCode
from membership.scene_report import Span

PAGE = 30
USUAL = timedelta(days=29)
PNG, JPEG = b"\x89PNG", b"\xff\xd8"


@require_safe
@allow(rules.may_see_scenes)
def scene_list(request: HttpRequest) -> HttpResponse:
    """Codes that the person may see; those out of use on request."""
    retired = request.GET.get("retired") == "1"
    found = _visible(request).filter(retired_at__isnull=not retired).order_by("-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "retired": retired,
        "now": clock.now(),
        "may_make": rules.may_make_scenes(request.user),
    }
    return render(request, "membership/scene_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_make_scenes)
def scene_new(request: HttpRequest) -> HttpResponse:
    """A new code."""
    form = SceneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            code = scenes.make_scene(**form.cleaned_data, by=person(request), now=clock.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            if code.is_ready:
                messages.success(request, f"“{code.name}”的二维码做好了。")
            return redirect("scene", pk=code.pk)
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "membership/scene_form.html", {"form": form}, status=status)


@require_safe
@allow(rules.may_see_scenes)
def scene(request: HttpRequest, pk: int) -> HttpResponse:
    """One code with what it brought in the last thirty days."""
    code, span = _found(request, pk), _usual()
    figures = scene_report.report(span, stores=rules.visible_stores(request.user), code=pk)
    context = {
        "code": code,
        "span": span,
        "report": figures,
        "chart": scene_report.chart(figures.days),
        "has_expired": code.has_expired(clock.now()),
        "may_make": rules.may_make_scenes(request.user),
    }
    return render(request, "membership/scene.html", context)


@require_safe
@allow(rules.may_see_scenes)
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The code as a picture; taken along with ``?download=1`` it is recorded."""
    code = _found(request, pk)
    if code.picture is None:
        raise NotThere(f"“{code.name}”的二维码还没有取到：请在它的页面上再取一次。")
    with files.open_file(code.picture) as stream:
        content = stream.read()
    kind = "jpeg" if content.startswith(JPEG) else "png"
    if request.GET.get("download") != "1":
        return HttpResponse(content, content_type=f"image/{kind}")
    name = f"{code.name}.{'jpg' if kind == 'jpeg' else 'png'}"
    audit.record_download(file=name, by=person(request), now=clock.now(), obj=code)
    return FileResponse(
        BytesIO(content), as_attachment=True, filename=name, content_type=f"image/{kind}"
    )


@require_safe
@allow(rules.may_see_scenes)
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of A4 to be printed."""
    code = _found(request, pk)
    return render(request, "membership/poster.html", {"code": code})


@require_POST
@allow(rules.may_make_scenes)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask WeChat again for a code that did not come."""
    code = _found(request, pk)
    scenes.fetch_code(code=code, by=person(request), now=clock.now())
    if code.is_ready:
        messages.success(request, f"“{code.name}”的二维码做好了。")
    return redirect("scene", pk=pk)


@require_POST
@allow(rules.may_make_scenes)
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of use."""
    code = _found(request, pk)
    scenes.retire_scene(code=code, by=person(request), now=clock.now())
    messages.success(request, f"“{code.name}”已停用；已经印出去的还能扫，照样记数。")
    return redirect("scenes")


@require_safe
@allow(rules.may_see_scenes)
def report(request: HttpRequest) -> HttpResponse:
    """What the codes brought, by store, campaign and day."""
    form, span = _span(request)
    figures = scene_report.report(span, stores=rules.visible_stores(request.user))
    context = {
        "form": form,
        "span": span,
        "report": figures,
        "chart": scene_report.chart(figures.days),
    }
    return render(request, "membership/scene_report.html", context)


@require_safe
@allow(rules.may_see_scenes)
def export(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The report as a file."""
    _, span = _span(request)
    figures = scene_report.report(span, stores=rules.visible_stores(request.user))
    return sheets.download(
        fmt,
        name=f"渠道二维码 {span.first} 至 {span.last}",
        columns=["门店", "活动", "二维码", "扫码", "新关注", "重新关注", "仍在关注"],
        rows=(
            [
                str(row.code.store or ""),
                str(row.code.campaign or ""),
                row.code.name,
                row.scans,
                row.new,
                row.back,
                row.kept,
            ]
            for row in figures.rows
        ),
        by=person(request),
        now=clock.now(),
    )


def _visible(request: HttpRequest) -> QuerySet[SceneCode]:
    return scene_report.codes_seen(rules.visible_stores(request.user))


def _found(request: HttpRequest, pk: int) -> SceneCode:
    code: SceneCode | None = _visible(request).select_related("picture").filter(pk=pk).first()
    if code is None:
        raise NotThere(f"没有二维码 #{pk}：请从二维码列表里点进来。")
    return code


def _usual() -> Span:
    today = clock.business_day(clock.now())
    return Span(today - USUAL, today)


def _span(request: HttpRequest) -> tuple[SpanForm, Span]:
    """The days asked for, at most a year; the last thirty when they cannot be."""
    usual = _usual()
    form = SpanForm(request.GET or None, initial={"first": usual.first, "last": usual.last})
    given = form.cleaned_data if form.is_valid() else {}
    first: date = given.get("first") or usual.first
    last: date = given.get("last") or usual.last
    if first > last or (last - first).days >= scene_report.LONGEST_DAYS:
        return form, usual
    return form, Span(first, last)

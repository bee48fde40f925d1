"""How finance's bank wants its file: columns chosen, ordered, and tried on a few lines."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.kernel.telling import refusal_told
from incentives import rules
from incentives.models import BankLayout
from incentives.payments import bank_file as files
from incentives.payments.bank_file import Layout


@dataclass(frozen=True)
class ColumnField:
    """A column in the form: its place in the file (empty: not in it) and its title there."""

    field: str
    name: str
    place: str
    title: str


@require_safe
@allow(rules.may_pay)
def layout_list(request: HttpRequest) -> HttpResponse:
    """The layouts of the house."""
    files.default_layout(now=clock.now())
    rows = [(row, files.layout_of(row)) for row in BankLayout.objects.select_related("updated_by")]
    return render(request, "incentives/bank_layouts.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_pay)
def layout_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A layout: its columns and their order, and what the first lines of a file look like."""
    row = _row(pk) if pk is not None else None
    layout = files.layout_of(row) if row else _new()
    error = ""
    if request.method == "POST":
        try:
            layout = _typed(request.POST)
            files.check_layout(layout)
            if "preview" not in request.POST:
                kept = files.save_layout(
                    layout=layout, row=row, by=person(request), now=clock.now()
                )
                messages.success(request, f"格式“{kept.name}”已保存。")
                return redirect("bank-layouts")
        except Refusal as refusal:
            error = str(refusal)
    context = {
        "row": row,
        "layout": layout,
        "columns": _columns(layout),
        "encodings": files.ENCODINGS.items(),
        "separators": files.SEPARATORS.items(),
        "preview": files.lines(layout, [each.masked() for each in files.EXAMPLES]),
        "error": error,
    }
    status = 400 if error else 200
    return render(request, "incentives/bank_layout.html", context, status=status)


@require_POST
@allow(rules.may_pay)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a layout away."""
    row = _row(pk)
    with refusal_told(request):
        files.delete_layout(row=row, by=person(request), now=clock.now())
        messages.success(request, f"格式“{row.name}”已删除。")
    return redirect("bank-layouts")


def _row(pk: int) -> BankLayout:
    found = BankLayout.objects.filter(pk=pk).first()
    if found is None:
        raise NotThere("没有这个银行文件格式：可能已被删除，请从列表里选。")
    return found


def _new() -> Layout:
    columns = tuple((files.FIELDS[field], field) for field in files.DEFAULT_COLUMNS)
    return Layout("", columns)


def _typed(data: QueryDict) -> Layout:
    """The layout as it was typed; columns in the order of their places."""
    placed = []
    for field, name in files.FIELDS.items():
        text = data.get(f"place_{field}", "").strip()
        if not text:
            continue
        if not text.isdecimal() or not 1 <= int(text[:4]) <= 99:
            raise Invalid(f"“{name}”的次序“{text[:20]}”写得不对：请写 1 到 99，不要的列空着。")
        title = data.get(f"title_{field}", "").strip()[: files.TITLE_LENGTH] or name
        placed.append((int(text), title, field))
    encoding, separator = data.get("encoding", ""), data.get("separator", "")
    if encoding not in files.ENCODINGS or separator not in files.SEPARATORS:
        raise Invalid("请从列表里选编码和分隔符。")
    placed.sort(key=lambda each: each[0])
    return Layout(
        name=data.get("name", "").strip()[:60],
        columns=tuple((title, field) for _, title, field in placed),
        encoding=encoding,
        separator=separator,
        with_header="with_header" in data,
    )


def _columns(layout: Layout) -> list[ColumnField]:
    """Those of the layout in their order, then those left out."""
    taken = {field: (str(place), title) for place, (title, field) in enumerate(layout.columns, 1)}
    order = [*taken, *(field for field in files.FIELDS if field not in taken)]
    return [
        ColumnField(field, files.FIELDS[field], *taken.get(field, ("", files.FIELDS[field])))
        for field in order
    ]

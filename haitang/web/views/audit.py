"""The audit page: who did what to which object; its verification and export."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import rules
from accounts.forms import PersonChoice, day_field
from accounts.models import User
from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.models import AuditEntry
from haitang.web import audit_trail
from haitang.web.acts import ACTS, OBJECTS, act_name, object_kind, object_url
from haitang.web.audit_trail import AuditSearch

PAGE = 30
_NOT_SHOWN = frozenset({"on_behalf_of", "on_behalf_of_id", "as_role"})


class AuditSearchForm(forms.Form):
    """The filters, in the address; a wrong one narrows nothing."""

    q = forms.CharField(label="对象、内容里的字", required=False, max_length=100)
    person = PersonChoice(
        User.objects.order_by("name", "username"),
        label="谁（本人或被代理）",
        required=False,
        empty_label="所有人",
    )
    act = forms.ChoiceField(label="操作", required=False, choices=[("", "全部操作"), *ACTS.items()])
    kind = forms.ChoiceField(
        label="对象种类", required=False, choices=[("", "全部种类"), *OBJECTS.items()]
    )
    first = day_field("从", required=False)
    last = day_field("到", required=False)
    object = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["type"] = "search"

    def search(self) -> AuditSearch:
        """The filters that could be understood."""
        self.is_valid()
        given = self.cleaned_data
        who = given.get("person")
        return AuditSearch(
            person=who.pk if who else None,
            act=given.get("act", ""),
            object_type=given.get("kind", ""),
            object_id=given.get("object", ""),
            text=given.get("q", "").strip(),
            first=given.get("first"),
            last=given.get("last"),
        )


@dataclass(frozen=True)
class Shown:
    """An entry as the page shows it."""

    entry: AuditEntry
    act: str
    kind: str
    url: str
    on_behalf_of: str
    details: str


@require_safe
@allow(rules.may_see_audit)
def audit_list(request: HttpRequest) -> HttpResponse:
    """The entries, the latest first, narrowed by the filters in the address."""
    form = AuditSearchForm(request.GET)
    page = audit_trail.pages_found(form.search(), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "entries": [_shown(entry) for entry in page.object_list],
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "verification": audit_trail.last_verification(),
    }
    return render(request, "web/audit.html", context)


@require_POST
@allow(rules.may_see_audit)
def verify(request: HttpRequest) -> HttpResponse:
    """Checks every chain now."""
    broken = audit_trail.verify_trail(by=person(request), now=clock.now())
    if broken:
        messages.error(request, "操作记录核对不通过：\n" + "\n".join(broken))
    else:
        messages.success(request, "操作记录完好：每一条都接得上，内容没有改动过。")
    return redirect("audit")


@require_POST
@allow(rules.may_see_audit)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The entries that fit the filters as a CSV file; the export is recorded."""
    search = AuditSearchForm(request.POST).search()
    lines = audit_trail.export_trail(search=search, by=person(request), now=clock.now())
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _shown(entry: AuditEntry) -> Shown:
    rest = {name: value for name, value in entry.details.items() if name not in _NOT_SHOWN}
    return Shown(
        entry=entry,
        act=act_name(entry.act),
        kind=object_kind(entry.object_type),
        url=object_url(entry),
        on_behalf_of=str(entry.details.get("on_behalf_of", "")),
        details=json.dumps(rest, ensure_ascii=False, indent=1, sort_keys=True) if rest else "",
    )

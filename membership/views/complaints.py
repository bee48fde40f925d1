"""Complaints: the list, one with its states, recording, deciding, telling, closing."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Department
from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Invalid, NotThere, Refusal
from membership import complaining, rules, selectors
from membership.forms import ComplaintForm
from membership.models import Complaint, Message
from membership.views import inbox

PAGE = 25
State = Complaint.State


@require_safe
@allow(rules.may_file_complaints)
def complaint_list(request: HttpRequest) -> HttpResponse:
    """Complaints, those that are not done first; who only files them sees the own ones."""
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "")
    found = _visible(request).select_related("department", "conversation__follower", "store")
    if kind in Complaint.Kind.values:
        found = found.filter(kind=kind)
    if state in State.values:
        found = found.filter(state=state)
    page = Paginator(found.order_by("closed_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "kinds": Complaint.Kind.choices,
        "states": State.choices,
        "kind": kind,
        "state": state,
        "is_filtered": bool(kind or state),
        "sees_all": rules.may_see_complaints(request.user),
    }
    return render(request, "membership/complaint_list.html", context)


@require_safe
@allow(rules.may_file_complaints)
def complaint(request: HttpRequest, pk: int) -> HttpResponse:
    """One complaint: its states, its evidence, and the step that comes next."""
    return _page(request, _found(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_file_complaints)
def complaint_new(request: HttpRequest) -> HttpResponse:
    """A department complains."""
    today = clock.business_day(clock.now())
    department = person(request).department
    form = ComplaintForm(
        request.POST or None,
        of_house=True,
        initial={"happened_on": today, "kind": Complaint.Kind.SYSTEM, "department": department},
    )
    sees_all = rules.may_see_complaints(request.user)
    if department is not None and not sees_all:
        # Who only files complains for the own department.
        field = form.fields["department"]
        field.queryset = Department.objects.filter(pk=department.pk)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            made = complaining.record_complaint(
                told=form.told(),
                department=form.cleaned_data["department"],
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"投诉 #{made.pk} 已登记。")
            return redirect("complaint", pk=made.pk)
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "membership/complaint_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_answer)
def complaint_from(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer complains, in a conversation: the messages that show it are chosen."""
    row = inbox.found(pk)
    today = clock.business_day(clock.now())
    form = ComplaintForm(
        request.POST or None,
        initial={"happened_on": today, "kind": Complaint.Kind.LATE_REPLY},
    )
    entries = [each for each in selectors.thread(row) if isinstance(each, selectors.Shown)]
    chosen = {int(each) for each in request.POST.getlist("messages") if each.isdigit()}
    if request.method == "POST" and form.is_valid():
        try:
            made = complaining.record_complaint(
                told=form.told(tuple(sorted(chosen))),
                conversation=row,
                by=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"投诉 #{made.pk} 已登记，结果告知对方之后才能办结。")
            return redirect("complaint", pk=made.pk)
    context = {
        "form": form,
        "conversation": row,
        "entries": [(each, each.message.pk in chosen) for each in entries],
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "membership/complaint_new.html", context, status=status)


@require_POST
@allow(rules.may_handle_complaints)
def complaint_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether it is right, and what was done."""
    row, upheld = _found(request, pk), request.POST.get("upheld")
    if upheld not in ("0", "1"):
        raise Invalid("请选投诉成立还是不成立。")
    complaining.decide_complaint(
        complaint=row,
        upheld=upheld == "1",
        result=request.POST.get("result", ""),
        by=person(request),
        now=clock.now(),
    )
    messages.success(request, "处理结果已记下：接着告知对方。")
    return redirect("complaint", pk=pk)


@require_POST
@allow(rules.may_handle_complaints)
def complaint_tell(request: HttpRequest, pk: int) -> HttpResponse:
    """That the complainant was told, when and how."""
    row, now = _found(request, pk), clock.now()
    complaining.tell_result(
        complaint=row,
        means=request.POST.get("means", ""),
        at=_moment(request.POST.get("at", ""), now),
        by=person(request),
        now=now,
    )
    messages.success(request, "告知已记下，可以办结了。")
    return redirect("complaint", pk=pk)


@require_POST
@allow(rules.may_handle_complaints)
def complaint_close(request: HttpRequest, pk: int) -> HttpResponse:
    """It is done."""
    row = _found(request, pk)
    complaining.close_complaint(complaint=row, by=person(request), now=clock.now())
    messages.success(request, f"投诉 #{pk} 已办结。")
    return redirect("complaint", pk=pk)


def _visible(request: HttpRequest) -> QuerySet[Complaint]:
    """All complaints, or the person's own and those of the person's department."""
    if rules.may_see_complaints(request.user):
        return Complaint.objects.all()
    user = person(request)
    own = Complaint.objects.filter(recorded_by=user)
    if user.department_id is not None:
        own |= Complaint.objects.filter(department=user.department_id)
    return own


def _found(request: HttpRequest, pk: int) -> Complaint:
    rows = _visible(request).select_related(
        "department", "conversation__follower", "store", "recorded_by", "decided_by", "told_by"
    )
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotThere(f"没有投诉 #{pk}：请从投诉列表里点进来。")
    return row


def _moment(text: str, now: datetime) -> datetime:
    """``2026-11-03T10:05`` of Shanghai; empty is now."""
    if not text:
        return now
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise Invalid("告知的时间写得不对：请重新选。") from error


def _page(request: HttpRequest, row: Complaint) -> HttpResponse:
    sees_messages = rules.may_read_inbox(request.user)
    evidence: list[Message] = list(row.messages.order_by("at", "pk")) if sees_messages else []
    steps = (
        (State.OPEN, "登记", row.recorded_at, row.recorded_by),
        (State.DECIDED, "有了结果", row.decided_at, row.decided_by),
        (State.TOLD, "告知对方", row.told_at, row.told_by),
        (State.CLOSED, "办结", row.closed_at, row.closed_by),
    )
    order = [each for each, *_ in steps]
    context = {
        "complaint": row,
        "evidence": [selectors.shown(each) for each in evidence],
        "sees_messages": sees_messages,
        "steps": [
            (name, at, who, order.index(key) <= order.index(State(row.state)), key == row.state)
            for key, name, at, who in steps
        ],
        "means": Complaint.Means.choices,
        "may_handle": rules.may_handle_complaints(request.user),
        "now": clock.now().astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "membership/complaint.html", context)

"""The files of participants: a campaign's list, one file, and a month's completeness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rules import allow, person
from campaigns.models import Campaign
from haitang.kernel import clock, sheets
from haitang.kernel.clock import Month
from haitang.kernel.display import percent
from haitang.kernel.errors import Invalid, NotThere, Refusal
from haitang.kernel.money import shortest
from haitang.kernel.personal import reveal
from membership import archive_selectors, archiving, rules
from membership.archive_forms import FileForm, RequiredForm
from membership.archives import Field, Files, completeness, missing_points
from membership.models import Participant

PAGE = 25
_RELATED = ("member__card", "store")


@require_safe
@allow(rules.may_see_participants)
def participant_list(request: HttpRequest, code: str) -> HttpResponse:
    """The customers of one campaign: how complete their files are, and what each lacks."""
    campaign = _campaign(code)
    required = archive_selectors.required_of(archive_selectors.settings_now())
    found = _found(request, campaign, required)
    page = Paginator(found.select_related(*_RELATED), PAGE).get_page(request.GET.get("page"))
    counted = archive_selectors.files_of([campaign])[0]
    context = {
        "campaign": campaign,
        "page": page,
        "rows": archive_selectors.file_rows(page.object_list, required),
        "text": request.GET.get("q", "").strip(),
        "only": bool(request.GET.get("only")),
        "bare": counted.bare,
        "by_field": [(each.label, counted.files.of(each)) for each in required],
        "may_keep": rules.may_keep_participants(request.user),
        "may_reveal": rules.may_reveal_cards(request.user),
        "month": Month.of(campaign.end),
        **_figures(counted.files, required),
    }
    return render(request, "membership/participant_list.html", context)


@require_safe
@allow(rules.may_see_participants)
def export(request: HttpRequest, code: str) -> HttpResponse:
    """What the filters leave, all pages, as a file; names and numbers are masked."""
    campaign = _campaign(code)
    required = archive_selectors.required_of(archive_selectors.settings_now())
    found = _found(request, campaign, required).select_related(*_RELATED)
    columns = ["称呼", "电话", "会员卡", "门店", "怎样来的", "同意日期", "缺少什么", "备注"]
    return sheets.download(
        "csv",
        name=f"{campaign.code} 客户档案",
        columns=columns,
        rows=_exported(archive_selectors.file_rows(found, required)),
        by=person(request),
        now=clock.now(),
        obj=campaign,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_keep_participants)
def participant_new(request: HttpRequest, code: str) -> HttpResponse:
    """A customer took part."""
    campaign = _campaign(code)
    form = FileForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            archiving.record_participant(
                campaign=campaign, facts=form.facts(), by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "档案已登记。")
            again = "participant-new" if request.POST.get("again") else "participants"
            return redirect(again, code=campaign.code)
    return _form_page(request, form, campaign, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_keep_participants)
def participant_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Fills in or corrects a file."""
    file = _file(pk)
    form = FileForm(request.POST or None, campaign=file.campaign, file=file)
    if request.method == "POST" and form.is_valid():
        try:
            archiving.change_participant(
                participant=file, facts=form.facts(), by=person(request), now=clock.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"档案 #{pk} 已保存。")
            return redirect("participants", code=file.campaign.code)
    return _form_page(request, form, file.campaign, file)


@require_POST
@allow(rules.may_keep_participants)
def participant_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes a file, with a reason."""
    file = _file(pk)
    archiving.remove_participant(
        participant=file,
        reason=request.POST.get("reason", ""),
        by=person(request),
        now=clock.now(),
    )
    messages.success(request, f"档案 #{pk} 已删除。")
    return redirect("participants", code=file.campaign.code)


@require_POST
@allow(rules.may_keep_participants)
def take_up(request: HttpRequest, code: str) -> HttpResponse:
    """Makes the files of the cards that were logged as taking part."""
    campaign = _campaign(code)
    made = archiving.take_up_participations(campaign=campaign, by=person(request), now=clock.now())
    said = f"建了 {made} 份档案：接着补充。" if made else "参与的会员卡都有档案了。"
    messages.success(request, said)
    return redirect("participants", code=campaign.code)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_reveal_cards)
def participant(request: HttpRequest, pk: int) -> HttpResponse:
    """The masked file; a POST with a reason shows name and phone once and is recorded."""
    file = _file(pk)
    context: dict[str, object] = {"file": file}
    if request.method == "POST":
        try:
            context["shown"] = [
                (
                    label,
                    reveal(
                        obj=file,
                        field=name,
                        reason=request.POST.get("reason", ""),
                        by=person(request),
                        now=clock.now(),
                    ),
                )
                for name, label in (("name", "姓名或称呼"), ("phone", "电话"))
                if getattr(file, name)
            ]
        except Invalid as error:
            context["error"] = error.sentence
    status = 400 if "error" in context else 200
    return render(request, "membership/participant.html", context, status=status)


@require_safe
@allow(rules.may_see_participants)
def month(request: HttpRequest) -> HttpResponse:
    """How complete the files of a month's campaigns are; what is required."""
    return _month_page(request, None)


@require_POST
@allow(rules.may_set_required)
def required(request: HttpRequest) -> HttpResponse:
    """Sets which fields a file must have."""
    form = RequiredForm(request.POST)
    if form.is_valid():
        archiving.set_required(**form.cleaned_data, by=person(request), now=clock.now())
        messages.success(request, "必填项已改：还没有提出扣减的月份都按新的算。")
        return redirect("customer-files")
    return _month_page(request, form)


def _month_page(request: HttpRequest, form: RequiredForm | None) -> HttpResponse:
    this = Month.of(clock.business_day(clock.now()))
    text = request.GET.get("month", "")
    month = Month.parse(text) if text else this
    kept = archive_selectors.settings_now()
    fields = archive_selectors.required_of(kept)
    campaigns = archive_selectors.month_files(month)
    context = {
        "month": month,
        "before": month.plus(-1),
        "after": month.plus(1) if month < this else None,
        "campaigns": [(each, _figures(each.files, fields)) for each in campaigns],
        "required": [each.label for each in fields],
        "kept": kept,
        "files_kept": archive_selectors.files_kept(month),
        "form": form or RequiredForm(initial={"required": [each.value for each in fields]}),
        "may_set": rules.may_set_required(request.user),
        **_figures(archive_selectors.total(campaigns), fields),
    }
    return render(request, "membership/customer_files.html", context, status=400 if form else 200)


def _figures(files: Files, required: Iterable[Field]) -> dict[str, object]:
    """What a page shows of so many files: ``95.5%``, the bar's value, the points missing."""
    fields = tuple(required)
    share, missing = completeness(files, fields), missing_points(files, fields)
    return {
        "people": files.people,
        "share": percent(1 - missing / 100, 1),
        "permille": int(share * 1000),
        "missing": shortest(missing),
    }


def _found(
    request: HttpRequest, campaign: Campaign, required: tuple[Field, ...]
) -> QuerySet[Participant]:
    return archive_selectors.files_found(
        campaign,
        text=request.GET.get("q", "").strip()[:60],
        lacking=required if request.GET.get("only") else (),
    )


def _exported(rows: Iterable[archive_selectors.FileRow]) -> Iterator[list[sheets.Cell]]:
    for row in rows:
        file = row.file
        yield [
            str(file.name or ""),
            str(file.phone or ""),
            str(file.member.card) if file.member else "",
            str(file.store or ""),
            file.get_source_display(),
            file.consented_on,
            "、".join(each.label for each in row.missing),
            file.note,
        ]


def _form_page(
    request: HttpRequest, form: FileForm, campaign: Campaign, file: Participant | None
) -> HttpResponse:
    context = {"form": form, "campaign": campaign, "file": file}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "membership/participant_form.html", context, status=status)


def _campaign(code: str) -> Campaign:
    campaign = Campaign.objects.filter(code=code).first()
    if campaign is None:
        raise NotThere(f"没有编号为“{code}”的活动：请从活动列表里再找一次。")
    return campaign


def _file(pk: int) -> Participant:
    file = Participant.objects.select_related("campaign", *_RELATED).filter(pk=pk).first()
    if file is None:
        raise NotThere(f"没有客户档案 #{pk}：可能已被删除，请回到活动的客户档案列表。")
    return file

"""Followers: the list, its export, one of them, and the comparison with WeChat."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.rules import allow, person
from haitang.kernel import clock, jobs, sheets
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import NotThere
from haitang.kernel.masking import masked
from haitang.kernel.models import Job
from haitang.kernel.telling import refusal_told
from haitang.wechat import gateway
from haitang.wechat.accounts import configured
from membership import conversing, rules
from membership import follower_selectors as selectors
from membership.forms import FollowerSearch
from membership.models import Follower, FollowerTag

PAGE = 50
SYNC = "sync_followers"
RUNNING = (Job.State.QUEUED, Job.State.RUNNING)


@require_safe
@allow(rules.may_see_followers)
def follower_list(request: HttpRequest) -> HttpResponse:
    """Followers, the newest first, narrowed by the filters in the address."""
    form = FollowerSearch(request.GET)
    page = Paginator(selectors.followers(_search(form)), PAGE).get_page(request.GET.get("page"))
    numbers = Follower.objects.aggregate(
        following=Count("pk", filter=Q(state=Follower.State.FOLLOWING)),
        left=Count("pk", filter=Q(state__in=[Follower.State.LEFT, Follower.State.GONE])),
    )
    context = {
        "form": form,
        "page": page,
        "rows": [(each, selectors.came_by(each)) for each in page],
        "numbers": numbers,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_sync": rules.may_sync_followers(request.user),
        "may_tag": rules.may_tag_followers(request.user),
        "tags": list(FollowerTag.objects.all()),
        "may_read": rules.may_read_inbox(request.user),
        "sync": Job.objects.filter(kind=SYNC).order_by("-pk").first(),
    }
    return render(request, "membership/follower_list.html", context)


@require_safe
@allow(rules.may_see_followers)
def export(request: HttpRequest, fmt: sheets.Format) -> HttpResponse:
    """The followers that the filters leave, with masked OpenIDs and cards."""
    found = selectors.followers(_search(FollowerSearch(request.GET)))
    return sheets.download(
        fmt,
        name="粉丝",
        columns=["编号", "备注名", "OpenID", "状态", "关注时间", "来源", "标签", "会员卡"],
        rows=(_exported(each) for each in found.iterator(2000)),
        by=person(request),
        now=clock.now(),
    )


@require_safe
@allow(rules.may_see_followers)
def follower(request: HttpRequest, pk: int) -> HttpResponse:
    """One follower: how he came, what he did, his conversations."""
    row = found(pk)
    may_read = rules.may_read_inbox(request.user)
    context = {
        "follower": row,
        "openid": masked(row.openid),
        "came_by": selectors.came_by(row),
        "history": selectors.history(row),
        "may_read": may_read,
        "may_tag": rules.may_tag_followers(request.user),
        "may_name": rules.may_answer(request.user),
        "tags": list(FollowerTag.objects.all()),
        "notices_left": sum(row.subscriptions.values_list("number", flat=True)),
        "notices": list(row.notices.select_related("by")[:20]) if may_read else [],
        "conversations": list(row.conversations.order_by("-pk")[:20]) if may_read else [],
    }
    return render(request, "membership/follower.html", context)


@require_POST
@allow(rules.may_answer)
def remark(request: HttpRequest, pk: int) -> HttpResponse:
    """What staff call the follower; back to where it was written."""
    with refusal_told(request):
        conversing.set_remark(
            follower=found(pk),
            remark=request.POST.get("remark", ""),
            by=person(request),
            now=clock.now(),
        )
        messages.success(request, "备注名已保存，微信后台也会跟着改。")
    return redirect(back_of(request) or reverse("follower", args=[pk]))


@require_POST
@allow(rules.may_sync_followers)
def sync(request: HttpRequest) -> HttpResponse:
    """Compare with WeChat in the background; while one runs, that one."""
    if configured() is None:
        raise gateway.NotConfigured
    if Job.objects.filter(kind=SYNC, state__in=RUNNING).exists():
        messages.info(request, "已经有一次同步在进行：请稍后刷新。")
        return redirect("followers")
    jobs.enqueue(kind=SYNC, payload={}, by=person(request), now=clock.now())
    messages.success(request, "已开始同步：一万个粉丝大约要两分钟，进度见本页。")
    return redirect("followers")


@never_cache
@require_safe
@allow(rules.may_see_followers)
def sync_progress(request: HttpRequest) -> HttpResponse:
    """How far the comparison is, as a piece of the page."""
    job = Job.objects.filter(kind=SYNC).order_by("-pk").first()
    answer = render(request, "membership/sync_progress.html", {"sync": job})
    if job is None or job.state not in RUNNING:
        answer["Poll-Done"] = "1"
    return answer


def back_of(request: HttpRequest) -> str:
    """The page of this site from which a form came, as it says itself; empty for any other."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if is_ours else ""


def found(pk: int) -> Follower:
    """The follower of that number, or NotThere."""
    rows = Follower.objects.select_related("scene", "member__card").prefetch_related("tags")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotThere(f"没有粉丝 {pk}：请从粉丝列表里点进来。")
    return row


def _search(form: FollowerSearch) -> selectors.Search:
    form.is_valid()
    given = form.cleaned_data
    return selectors.Search(
        text=given.get("q", "").strip(),
        state=given.get("state", ""),
        tag=given.get("tag"),
        scene=given.get("scene"),
    )


def _exported(row: Follower) -> list[sheets.Cell]:
    return [
        row.pk,
        row.remark,
        masked(row.openid),
        row.get_state_display(),
        row.followed_at.astimezone(SHANGHAI).date() if row.followed_at else None,
        selectors.came_by(row),
        "、".join(tag.name for tag in row.tags.all()),
        str(row.member.card) if row.member else "",
    ]

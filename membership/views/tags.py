"""WeChat's tags: the list, and putting them on followers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rules import allow, person
from haitang.kernel import clock
from haitang.kernel.errors import NotThere
from haitang.kernel.telling import refusal_told
from haitang.wechat.accounts import configured
from haitang.wechat.gateway.api.followers import TAGGED
from membership import rules, tagging
from membership.follower_selectors import last_comparison
from membership.models import Follower, FollowerTag
from membership.views.followers import back_of


@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_tag_followers)
def tag_list(request: HttpRequest) -> HttpResponse:
    """All tags with how many followers have them; a POST makes one."""
    if request.method == "POST":
        with refusal_told(request):
            name = request.POST.get("name", "")
            tag = tagging.create_tag(name=name, by=person(request), now=clock.now())
            messages.success(request, f"已新建标签“{tag}”。")
        return redirect("follower-tags")
    context = {
        "tags": list(tagging.counted_tags()),
        "first_own": tagging.FIRST_OWN,
        "compared": last_comparison(),
        "is_configured": configured() is not None,
    }
    return render(request, "membership/tags.html", context)


@require_POST
@allow(rules.may_tag_followers)
def tag_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Renames a tag, or deletes it."""
    tag, by, now = _found(str(pk)), person(request), clock.now()
    with refusal_told(request):
        if request.POST.get("delete"):
            tagging.delete_tag(tag=tag, by=by, now=now)
            messages.success(request, f"已删除标签“{tag}”。")
        else:
            tagging.rename_tag(tag=tag, name=request.POST.get("name", ""), by=by, now=now)
            messages.success(request, "标签已改名。")
    return redirect("follower-tags")


@require_POST
@allow(rules.may_tag_followers)
def tag_followers(request: HttpRequest) -> HttpResponse:
    """Puts a tag on the followers chosen, or takes it off; back to where they were chosen."""
    keys = [each for each in request.POST.getlist("followers") if each.isdigit()]
    chosen = list(Follower.objects.filter(pk__in=keys[: TAGGED + 1]))
    on = request.POST.get("off") != "1"
    with refusal_told(request):
        tag = _found(request.POST.get("tag", ""))
        number = tagging.tag_followers(
            tag=tag, followers=chosen, on=on, by=person(request), now=clock.now()
        )
        said = "打上" if on else "取消"
        messages.success(request, f"已给 {number} 个粉丝{said}标签“{tag}”。")
    return redirect(back_of(request) or "followers")


def _found(key: str) -> FollowerTag:
    tag = FollowerTag.objects.filter(pk=key).first() if key.isdigit() else None
    if tag is None:
        raise NotThere("没有这个标签，可能刚被删掉：请刷新页面再选。")
    return tag

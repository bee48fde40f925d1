"""The workbench: what waits for this person, then how the months stand; notices marked read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import rules
from accounts.models import User
from accounts.rules import allow, person
from campaigns import selectors as campaigns
from haitang.kernel import clock, notices
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.kernel.models import Notice
from haitang.web.workbench import work_of
from incentives import selectors as settlements
from incentives.wording import role_name


@require_safe
@allow(rules.anyone)
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, most urgent first; months, campaigns and imports below."""
    now, user = clock.now(), person(request)
    sees_imports = rules.may_see_imports(user)
    context = {
        "today": clock.business_day(now),
        "work": work_of(user, now),
        "sees_months": rules.may_see_months(user),
        "sees_campaigns": rules.may_see_campaigns(user),
        "campaigns": campaigns.newest_campaigns(stores=rules.visible_stores(user))
        if rules.may_see_campaigns(user)
        else None,
        "sees_imports": sees_imports,
        "imports": campaigns.newest_imports() if sees_imports else None,
        "may_import": rules.may_import(user),
        **_own(user),
        **(_months(now) if rules.may_see_months(user) else {}),
    }
    return render(request, "web/home.html", context)


@require_POST
@allow(rules.anyone)
def read_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks one of the person's own notices as read, and goes on to what it is about."""
    user = person(request)
    notice = Notice.objects.filter(pk=pk, recipient=user).first()
    if notice is None:
        raise NotThere("没有这条通知：它可能已经不在了，请回到工作台。")
    notices.mark_read(recipient=user, now=clock.now(), ids=[pk])
    return redirect(notice.url if notice.url and "go" in request.POST else "home")


@require_POST
@allow(rules.anyone)
def read_notices(request: HttpRequest) -> HttpResponse:
    """Marks all notices of the person as read."""
    notices.mark_read(recipient=person(request), now=clock.now())
    return redirect("home")


def _own(user: User) -> dict[str, Any]:
    """What this person gets out of the newest calculated month."""
    own = settlements.last_payout(user.username)
    return {
        "own": own,
        "own_roles": "、".join(role_name(role) for role in own.roles) if own else "",
    }


def _months(now: datetime) -> dict[str, Any]:
    """The newest calculated month and the one that is due."""
    this_month = Month.of(clock.business_day(now))
    return {"this_month": this_month, "months": settlements.standing_months(this_month)}

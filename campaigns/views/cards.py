"""A member card: masked, and its number for who gives a reason."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.rules import allow, person
from campaigns import rules
from campaigns.models import MemberCard
from haitang.kernel import clock
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.personal import reveal


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@allow(rules.may_reveal_cards)
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The masked card; a POST with a reason shows the number once and is recorded."""
    found = MemberCard.objects.filter(pk=pk).first()
    if found is None:
        raise NotThere(f"没有会员卡 #{pk}：请从销售明细里点会员卡进来。")
    context: dict[str, object] = {"card": found}
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            context["number"] = reveal(
                obj=found, field="number", reason=reason, by=person(request), now=clock.now()
            )
        except Invalid as error:
            context["error"] = error.sentence
    return render(
        request, "campaigns/card.html", context, status=400 if "error" in context else 200
    )

"""API: the months, and a month's settlement document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ApiView, caller
from haitang.kernel.clock import Month
from haitang.kernel.errors import Invalid, NotThere
from incentives import rules, secrecy, selectors
from incentives.api_document import SettlementSerializer
from incentives.calculation.services import compute_month
from incentives.life.changes import entered_since, touched
from incentives.models import SettlementRun


class SettlementListApi(ApiView):
    """The months of a year, newest first, each with its last calculation."""

    predicate = rules.may_see_months
    summary = "各月结算"
    explanation = "一年里的各个月，新的在前，各带最近一次计算。"
    tag = "settlements"

    class FilterSerializer(serializers.Serializer[Any]):
        year = serializers.IntegerField(
            required=False, min_value=1, max_value=9999, help_text="哪一年；默认最近有数据的一年"
        )

    class OutputSerializer(serializers.Serializer[Any]):
        class MonthSerializer(serializers.Serializer[selectors.MonthRow]):
            class RunSerializer(serializers.ModelSerializer[SettlementRun]):
                class Meta:
                    model = SettlementRun
                    fields = [
                        "number",
                        "policy_code",
                        "pool",
                        "margin_uplift",
                        "open_problems",
                        "calculated_at",
                    ]

            month = serializers.CharField(help_text="月份")
            campaigns = serializers.IntegerField(help_text="这个月结束的活动数")
            run = RunSerializer(allow_null=True, help_text="最近一次计算；没有算过的为 null")

        years = serializers.ListField(
            child=serializers.IntegerField(), help_text="有数据的年份，新的在前"
        )
        year = serializers.IntegerField(allow_null=True, help_text="这里列出的年份")
        results = MonthSerializer(many=True)

    def get(self, request: Request) -> Response:
        years = selectors.years()
        year = self.filters(request).get("year", next(iter(years), None))
        months = selectors.months_of(year) if year in years else []
        return self.answer({"years": years, "year": year, "results": months})


class SettlementApi(ApiView):
    """The month's settlement document: of its last calculation, or computed at this moment.

    ``anew`` computes as ``settle MONTH --json`` does; so does a month that was never calculated.
    Nothing is approved or kept. Problems that block the month are in ``problems``. Who may not
    see everybody's amounts gets the own ones (``secrecy``).
    """

    predicate = rules.may_see_months
    summary = "一个月的结算单"
    explanation = (
        "这个月最近一次计算的结算单，calculation 里是它的次序、数据摘要，以及之后登记过"
        "的变动；没有算过的月份，或带 anew=true，按现在的数据现算，与 settle 命令的 --json 相同。"
        "不审批、不保存。拦住本月的问题列在 problems 里。没有权限看别人金额的人，别的岗位的 "
        "annual、monthly、payable、withheld 是 null，deductions、payees 和 adjustments 只有本人的。"
    )
    tag = "settlements"
    throttle_scope = "calculation"

    class FilterSerializer(serializers.Serializer[Any]):
        anew = serializers.BooleanField(
            required=False, default=False, help_text="true：按现在的数据现算；默认取保存的计算"
        )

    class OutputSerializer(SettlementSerializer):
        pass

    def get(self, request: Request, month: str) -> Response:
        try:
            wanted = Month.parse(month)
        except Invalid as error:
            raise NotThere(error.sentence) from error
        user = caller(request)
        sight = secrecy.Sight(user.username, rules.may_see_amounts(user))
        run = None if self.filters(request)["anew"] else selectors.run_of(wanted)
        document = run.document if run else compute_month(wanted).document()
        kept = _kept(run, wanted) if run else None
        return Response({"calculation": kept, **secrecy.visible(document, sight)})


def _kept(run: SettlementRun, month: Month) -> dict[str, Any]:
    """Which calculation it is, and what was entered since."""
    changes = touched(month, entered_since(run.as_of), since=run.as_of)
    return {
        "number": run.number,
        "digest": run.digest,
        "calculated_at": serializers.DateTimeField().to_representation(run.calculated_at),
        "changed": list(dict.fromkeys(change.what for change in changes)),
    }

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
from incentives.models import SettlementRun
from incentives.services import compute_month


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
    """The month computed from the data of this moment, as ``settle MONTH --json`` prints it.

    Nothing is approved or kept. Problems that block the month are in ``problems``. Who may not
    see everybody's amounts gets the own ones (``secrecy``).
    """

    predicate = rules.may_see_months
    summary = "一个月的结算单"
    explanation = (
        "按现在的数据算出这个月，与 settle 命令的 --json 相同；不审批、不保存。拦"
        "住本月的问题列在 problems 里。没有权限看别人金额的人，别的岗位的 annual、monthly、"
        "payable、withheld 是 null，deductions、payees 和 adjustments 只有本人的。"
    )
    tag = "settlements"
    throttle_scope = "calculation"

    class OutputSerializer(SettlementSerializer):
        pass

    def get(self, request: Request, month: str) -> Response:
        try:
            wanted = Month.parse(month)
        except Invalid as error:
            raise NotThere(error.sentence) from error
        user = caller(request)
        sight = secrecy.Sight(user.username, rules.may_see_amounts(user))
        return Response(secrecy.visible(compute_month(wanted).document(), sight))

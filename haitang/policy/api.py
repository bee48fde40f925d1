"""API: the policy in force, and all versions of it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ApiView, MonthField
from haitang.kernel import clock
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere
from haitang.policy import selectors
from haitang.policy.models import PolicyVersion
from haitang.policy.rules import may_see_policy


class PolicyApi(ApiView):
    """The policy by which a month is computed: every number and choice of it."""

    predicate = may_see_policy
    summary = "某月有效的制度"
    explanation = "计算这个月所按的制度：每一个数和每一项选择。"
    tag = "policy"

    class FilterSerializer(serializers.Serializer[Any]):
        month = MonthField(required=False, help_text="月份，例如 2026-10；默认本月")

    class OutputSerializer(serializers.Serializer[Any]):
        month = serializers.CharField(help_text="月份")
        code = serializers.CharField(help_text="制度代号")
        valid_from = serializers.DateField(help_text="生效日期")
        document = serializers.DictField(
            child=serializers.JSONField(),
            help_text="全部内容，字段见 docs/datapack.md 的 policy.json",
        )

    def get(self, request: Request) -> Response:
        text = self.filters(request).get("month")
        month = Month.parse(text) if text else Month.of(clock.business_day(clock.now()))
        policy = selectors.policy_for(month)
        return self.answer(
            {
                "month": str(month),
                "code": policy.code,
                "valid_from": policy.valid_from,
                "document": policy.document,
            }
        )


class PolicyVersionListApi(ApiView):
    """Every published version, the latest to come into force first."""

    predicate = may_see_policy
    summary = "制度的各个版本"
    explanation = "发布过的全部版本，后生效的在前；生效之前撤回的也在内。"
    tag = "policy"
    paginated = True

    class OutputSerializer(serializers.ModelSerializer[PolicyVersion]):
        recorded_by = serializers.CharField(
            source="recorded_by.username", default=None, allow_null=True, help_text="发布人的用户名"
        )

        withdrawn_at = serializers.DateTimeField(
            source="withdrawal.at",
            default=None,
            allow_null=True,
            help_text="生效之前撤回的时间；没有撤回为空",
        )

        class Meta:
            model = PolicyVersion
            fields = ["id", "code", "valid_from", "recorded_at", "recorded_by", "withdrawn_at"]

    def get(self, request: Request) -> Response:
        return self.page(request, selectors.versions())


class PolicyVersionApi(ApiView):
    """One published version with its whole document."""

    predicate = may_see_policy
    summary = "制度的一个版本"
    explanation = "一个版本的全部内容。"
    tag = "policy"

    class OutputSerializer(PolicyVersionListApi.OutputSerializer):
        document = serializers.DictField(child=serializers.JSONField(), help_text="全部内容")

        class Meta(PolicyVersionListApi.OutputSerializer.Meta):
            fields = [*PolicyVersionListApi.OutputSerializer.Meta.fields, "document"]

    def get(self, request: Request, pk: int) -> Response:
        version = selectors.versions().filter(pk=pk).first()
        if version is None:
            raise NotThere(f"没有第 {pk} 号制度版本：请从 /api/policy/versions/ 里选。")
        return self.answer(version)

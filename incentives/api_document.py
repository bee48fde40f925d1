"""The settlement document as the OpenAPI description tells of it (docs/datapack.md)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from campaigns.api import (
    LeftOutSerializer,
    MetricsSerializer,
    ProblemSerializer,
    StoreUpliftSerializer,
)

MONEY, RATIO = "元，两位小数", "比例，六位小数"


class CampaignPartSerializer(serializers.Serializer[Any]):
    """A campaign of the month."""

    code = serializers.CharField(help_text="活动编号")
    scale = serializers.CharField(help_text="规模")
    kind = serializers.CharField(help_text="类型")
    comparator = serializers.CharField(help_text="比较方法")
    actual = MetricsSerializer()
    baseline = MetricsSerializer()
    uplift = MetricsSerializer()
    stores = StoreUpliftSerializer(many=True)
    left_out = LeftOutSerializer(many=True)


class ReadsSerializer(serializers.Serializer[Any]):
    """Reads of one category against their target."""

    category = serializers.CharField(help_text="类别：campaign 或 welfare")
    target = serializers.IntegerField(help_text="目标阅读量")
    mean = serializers.CharField(help_text="平均阅读量，两位小数")
    shortfall = serializers.CharField(help_text=RATIO)


class TeamSerializer(serializers.Serializer[Any]):
    """What the whole team falls short by."""

    shortfall = serializers.CharField(help_text=RATIO)
    reads = ReadsSerializer(many=True)


class DeductionSerializer(serializers.Serializer[Any]):
    """The events of one rule, summed."""

    rule = serializers.CharField(help_text="规则代号")
    quantity = serializers.CharField(help_text="数量")
    rate = serializers.CharField(help_text="每一次扣的比例")


class PayeeSerializer(serializers.Serializer[Any]):
    """A person and what the month pays."""

    username = serializers.CharField(help_text="用户名")
    amount = serializers.CharField(help_text=MONEY)


class RoleSerializer(serializers.Serializer[Any]):
    """A role's share of the pool; null and empty where it is another's and may not be shown."""

    role = serializers.CharField(help_text="角色；reserve 是团队公费")
    coefficient = serializers.CharField(help_text="系数")
    gross = serializers.CharField(help_text=MONEY)
    annual = serializers.CharField(allow_null=True, help_text=RATIO)
    monthly = serializers.CharField(allow_null=True, help_text=RATIO)
    deductions = DeductionSerializer(many=True)
    payable = serializers.CharField(allow_null=True, help_text=MONEY)
    withheld = serializers.CharField(allow_null=True, help_text=MONEY)
    payees = PayeeSerializer(many=True)


class FeeSerializer(serializers.Serializer[Any]):
    """A manuscript's fee and where it is paid from."""

    manuscript = serializers.CharField(help_text="稿件编号")
    kind = serializers.CharField(help_text="作者种类")
    fee = serializers.CharField(help_text=MONEY)
    from_fund = serializers.CharField(help_text=MONEY)
    from_reserve = serializers.CharField(help_text=MONEY)
    outstanding = serializers.CharField(help_text=MONEY)


class FundSerializer(serializers.Serializer[Any]):
    """日常维持资金."""

    opening = serializers.CharField(help_text=MONEY)
    credited = serializers.CharField(help_text=MONEY)
    annual_fee = serializers.CharField(help_text=MONEY)
    fees = FeeSerializer(many=True)
    closing = serializers.CharField(help_text=MONEY)


class ExpenseSerializer(serializers.Serializer[Any]):
    """An expense out of the reserve."""

    date = serializers.DateField(help_text="日期")
    kind = serializers.CharField(help_text="种类")
    amount = serializers.CharField(help_text=MONEY)
    paid = serializers.BooleanField(help_text="公费够不够付")


class ReserveSerializer(serializers.Serializer[Any]):
    """团队公费."""

    opening = serializers.CharField(help_text=MONEY)
    credited = serializers.CharField(help_text=MONEY)
    expenses = ExpenseSerializer(many=True)
    spent = serializers.CharField(help_text=MONEY)
    closing = serializers.CharField(help_text=MONEY)


class KeptCalculationSerializer(serializers.Serializer[Any]):
    """The kept calculation that a document comes from."""

    number = serializers.IntegerField(help_text="第几次计算")
    digest = serializers.CharField(help_text="数据摘要：相同，输入的数据就完全相同")
    calculated_at = serializers.DateTimeField(help_text="计算时间")
    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="计算之后登记过什么：销售、考核、问题放行、制度；空的就是没有",
    )


class SettlementSerializer(serializers.Serializer[Any]):
    """The whole document."""

    calculation = KeptCalculationSerializer(
        allow_null=True, help_text="出自哪一次保存的计算；现算的为 null"
    )

    month = serializers.CharField(help_text="月份")
    policy = serializers.CharField(help_text="制度代号")
    margin_uplift = serializers.CharField(help_text=MONEY)
    pool = serializers.CharField(help_text=MONEY)
    campaigns = CampaignPartSerializer(many=True)
    team = TeamSerializer()
    roles = RoleSerializer(many=True)
    fund = FundSerializer()
    reserve = ReserveSerializer()
    problems = ProblemSerializer(many=True)

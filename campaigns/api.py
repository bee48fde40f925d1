"""API: stores, campaigns, and what a campaign brought."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ApiView, MonthField
from campaigns import rules, selectors
from campaigns.explain import store_rows
from campaigns.models import Campaign, CampaignResult, Store
from haitang.kernel.clock import Month
from haitang.kernel.errors import NotThere


class StoreListApi(ApiView):
    """The stores, by code; a store manager gets the own one."""

    predicate = rules.may_see_stores
    summary = "门店"
    explanation = "门店，按编码；店长只得到本店。"
    tag = "stores"
    paginated = True

    class FilterSerializer(serializers.Serializer[Any]):
        q = serializers.CharField(
            required=False, allow_blank=True, max_length=100, help_text="编码或名称里的字"
        )
        open_on = serializers.DateField(required=False, help_text="只要这一天营业的")

    class OutputSerializer(serializers.ModelSerializer[Store]):
        class Meta:
            model = Store
            fields = ["code", "name", "opened_on", "closed_on"]

    def get(self, request: Request) -> Response:
        asked = self.filters(request)
        found = selectors.stores_found(
            asked.get("q", ""),
            open_on=asked.get("open_on"),
            stores=rules.visible_stores(request.user),
        )
        return self.page(request, found)


class CampaignListApi(ApiView):
    """Campaigns, newest first; a store manager gets those of the own store, without totals."""

    predicate = rules.may_see_campaigns
    summary = "活动"
    explanation = "活动，新的在前；店长只得到本店参加的，没有合计。"
    tag = "campaigns"
    paginated = True

    class FilterSerializer(serializers.Serializer[Any]):
        q = serializers.CharField(
            required=False, allow_blank=True, max_length=100, help_text="编号或名称里的字"
        )
        month = MonthField(required=False, help_text="这个月里有活动日的，例如 2026-10")
        scale = serializers.ChoiceField(Campaign.Scale.choices, required=False, help_text="规模")
        kind = serializers.ChoiceField(Campaign.Kind.choices, required=False, help_text="类型")
        status = serializers.ChoiceField(Campaign.Status.choices, required=False, help_text="状态")

    class OutputSerializer(serializers.ModelSerializer[Campaign]):
        margin_uplift = serializers.SerializerMethodField(
            help_text="最近一次计算的毛利增加值（元）；没有计算或只看本店的为 null"
        )

        class Meta:
            model = Campaign
            fields = ["code", "title", "scale", "kind", "start", "end", "status", "margin_uplift"]

        def get_margin_uplift(self, campaign: Campaign) -> str | None:
            uplift = getattr(campaign, "margin_uplift", None)
            return None if uplift is None or not self.context["sees_all"] else f"{uplift:.2f}"

    def get(self, request: Request) -> Response:
        asked = self.filters(request)
        month = asked.get("month")
        search = selectors.Search(
            text=asked.get("q", "").strip(),
            scale=asked.get("scale", ""),
            kind=asked.get("kind", ""),
            status=asked.get("status", ""),
            month=Month.parse(month) if month else None,
        )
        stores = rules.visible_stores(request.user)
        found = selectors.campaigns_found(search, stores=stores)
        return self.page(request, found, sees_all=stores is None)


class CampaignApi(ApiView):
    """One campaign with its stores, focus items and article."""

    predicate = rules.may_see_campaigns
    summary = "一场活动"
    explanation = "一场活动的门店、主推商品和推文。"
    tag = "campaigns"

    class OutputSerializer(CampaignListApi.OutputSerializer):
        stores = serializers.SerializerMethodField(
            help_text="参加的门店编码；all_stores 为真时是空的；店长只见本店"
        )
        article = serializers.CharField(
            source="article.code", default=None, allow_null=True, help_text="推文编号"
        )
        focus_items = serializers.ListField(child=serializers.CharField(), help_text="主推商品编码")

        class Meta(CampaignListApi.OutputSerializer.Meta):
            fields = [
                *CampaignListApi.OutputSerializer.Meta.fields,
                "all_stores",
                "stores",
                "focus_items",
                "article",
            ]

        def get_stores(self, campaign: Campaign) -> list[str]:
            own = self.context["stores"]
            codes = (store.code for store in campaign.stores.all())
            return sorted(code for code in codes if own is None or code in own)

    def get(self, request: Request, code: str) -> Response:
        stores = rules.visible_stores(request.user)
        campaign = campaign_of(code, stores)
        return self.answer(campaign, sees_all=stores is None, stores=stores)


class MetricsSerializer(serializers.Serializer[Any]):
    """Five figures, each with two decimals; money in yuan."""

    customers = serializers.CharField(help_text="进店客户数")
    units = serializers.CharField(help_text="销量")
    amount = serializers.CharField(help_text="销售额（元）")
    margin = serializers.CharField(help_text="毛利（元）")
    item_units = serializers.CharField(help_text="主推商品销量")


class SkippedDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="日期")
    reason = serializers.CharField(help_text="为什么跳过，代号见 docs/datapack.md")


class StoreUpliftSerializer(serializers.Serializer[Any]):
    """A store's part: margins in yuan and the days it was compared with."""

    store = serializers.CharField(help_text="门店编码")
    margin_actual = serializers.CharField(help_text="实际毛利（元）")
    margin_baseline = serializers.CharField(help_text="基准毛利（元）")
    margin_uplift = serializers.CharField(help_text="毛利增加值（元）")
    baseline_days = serializers.ListField(child=serializers.DateField(), help_text="基准日")
    skipped_days = SkippedDaySerializer(many=True, help_text="跳过的日子")


class LeftOutSerializer(serializers.Serializer[Any]):
    store = serializers.CharField(help_text="门店编码")
    reason = serializers.CharField(help_text="为什么不计")


class ProblemSerializer(serializers.Serializer[Any]):
    """Something that blocks the month."""

    code = serializers.CharField(help_text="问题代号")
    campaign = serializers.CharField(allow_blank=True, help_text="活动编号")
    store = serializers.CharField(allow_blank=True, help_text="门店编码")
    role = serializers.CharField(required=False, help_text="角色，只在与角色有关时")
    article = serializers.CharField(required=False, help_text="推文编号，只在与推文有关时")


class DaySerializer(serializers.Serializer[Any]):
    """One store on one campaign day; without figures when it does not count."""

    store = serializers.CharField(help_text="门店编码")
    date = serializers.DateField(help_text="活动日")
    left_out = serializers.CharField(allow_blank=True, help_text="为什么不计；计入的是空的")
    actual = MetricsSerializer(required=False)
    baseline = MetricsSerializer(required=False)
    uplift = MetricsSerializer(required=False)
    baseline_days = serializers.SerializerMethodField(help_text="每个基准日的五项数字")
    skipped_days = SkippedDaySerializer(many=True)

    class BaselineDaySerializer(MetricsSerializer):
        date = serializers.DateField(help_text="基准日")

    def get_baseline_days(self, day: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = day["baseline_days"]
        return found


class UpliftApi(ApiView):
    """What a campaign brought as last computed, with every day used and skipped.

    A store manager gets the rows of the own store; the totals are then null.
    """

    predicate = rules.may_see_campaigns
    summary = "一场活动的增加值"
    explanation = (
        "最近一次计算的增加值，以及每家店用到和跳过的每一天。店长只得到本店的行，合计为 null。"
    )
    tag = "campaigns"

    class OutputSerializer(serializers.Serializer[Any]):
        campaign = serializers.CharField(help_text="活动编号")
        computed_at = serializers.DateTimeField(help_text="计算时间")
        policy = serializers.CharField(help_text="制度代号")
        comparator = serializers.CharField(help_text="比较方法")
        margin_uplift = serializers.CharField(allow_null=True, help_text="毛利增加值（元）")
        actual = MetricsSerializer(allow_null=True)
        baseline = MetricsSerializer(allow_null=True)
        uplift = MetricsSerializer(allow_null=True)
        stores = StoreUpliftSerializer(many=True)
        left_out = LeftOutSerializer(many=True)
        days = DaySerializer(many=True)
        problems = ProblemSerializer(many=True)

    def get(self, request: Request, code: str) -> Response:
        stores = rules.visible_stores(request.user)
        campaign = campaign_of(code, stores)
        result = selectors.result_of(campaign)
        if result is None:
            raise NotThere(f"活动“{code}”还没有计算增加值：请先在活动页计算，或等今晚自动计算。")
        # As the snapshot has it: serializers over a thousand days take longer than all the rest.
        return Response(_uplift(campaign, result, stores))


def campaign_of(code: str, stores: frozenset[str] | None) -> Campaign:
    """The campaign of that code, if the reader may know of it (NotThere otherwise)."""
    found = selectors.campaigns_found(selectors.Search(), stores=stores)
    campaign = found.select_related("article").prefetch_related("stores").filter(code=code).first()
    if campaign is None:
        raise NotThere(f"没有编号为“{code}”的活动：请从 /api/campaigns/ 里再找一次。")
    return campaign


def _uplift(
    campaign: Campaign, result: CampaignResult, stores: frozenset[str] | None
) -> dict[str, Any]:
    shown, sees_all = result.document["campaign"], stores is None
    return {
        "campaign": campaign.code,
        "computed_at": serializers.DateTimeField().to_representation(result.computed_at),
        "policy": result.policy_code,
        "comparator": shown["comparator"],
        "margin_uplift": f"{result.margin_uplift:.2f}" if sees_all else None,
        **{key: shown[key] if sees_all else None for key in ("actual", "baseline", "uplift")},
        "stores": store_rows(result.document, stores),
        "left_out": _held(shown["left_out"], stores),
        "days": _held(result.document["days"], stores),
        "problems": _held(result.problems, stores),
    }


def _held(rows: list[dict[str, Any]], stores: frozenset[str] | None) -> list[dict[str, Any]]:
    return [row for row in rows if stores is None or row["store"] in stores]

"""The KPI rules of the operating plan: whose they are, over what horizon, who assesses them.

The rates per unit are fields of the policy; what a rule is about is fixed (docs/rules.md §5).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """One deduction rule. ``yearly_maximum`` caps the quantity that counts in a year."""

    code: str
    role: str
    rate: str
    horizon: Literal["month", "next_year"]
    unit: str
    text: str
    assessor: str
    yearly_maximum: Fraction | None = None


_GM, _VGM = "general_manager", "vice_general_manager"

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            "planner.assessment",
            "planner",
            "0.01",
            "month",
            "百分点",
            "每月策划一场线上线下联动主题活动，总经理考核",
            _GM,
        ),
        Rule(
            "supervisor.assessment",
            "supervisor",
            "0.01",
            "month",
            "百分点",
            "保障线下执行有力，总经理考核",
            _GM,
        ),
        Rule(
            "copy.no_executable_plan",
            "copy",
            "1",
            "month",
            "次",
            "每月没有可执行方案：报副总的稿件或方案没有一份可执行",
            _VGM,
        ),
        Rule(
            "copy.fewer_than_two",
            "copy",
            "0",
            "month",
            "次",
            "每月报副总的稿件或方案不足两份（原文未定扣减）",
            _VGM,
        ),
        Rule(
            "copy.content_invalid",
            "copy",
            "1",
            "month",
            "次",
            "细化执行细则报副总批准，审核公众号内容，内容缺失或无效",
            _VGM,
        ),
        Rule(
            "copy.plan_or_summary_missing",
            "copy",
            "1",
            "month",
            "次",
            "活动没有书面方案或书面总结",
            _VGM,
        ),
        Rule(
            "art.no_artwork",
            "art",
            "1",
            "month",
            "次",
            "因没有相应美工，内容未按时发布",
            "planner",
        ),
        Rule(
            "art.template_missing",
            "art",
            "0.2",
            "next_year",
            "种",
            "12 月 31 日前五种推送类型的设计模块，缺一种",
            "planner",
            Fraction(5),
        ),
        Rule(
            "it.interface_incomplete",
            "it",
            "0.2",
            "next_year",
            "次",
            "12 月 31 日前没有对接完毕相关接口",
            "planner",
            Fraction(1),
        ),
        Rule(
            "it.channels_missing",
            "it",
            "0",
            "next_year",
            "次",
            "12 月 31 日前相对成熟的渠道不足三个（原文未定扣减）",
            "planner",
            Fraction(1),
        ),
        Rule(
            "it.complaint",
            "it",
            "0.1",
            "month",
            "次",
            "其他部门投诉一次",
            "supervisor",
        ),
        Rule(
            "ops.store_not_executed",
            "ops",
            "0.1",
            "month",
            "家",
            "一家门店没有按要求执行活动",
            "supervisor",
        ),
        Rule(
            "cs.archive_incomplete",
            "cs",
            "0.01",
            "month",
            "百分点",
            "参与活动客户的档案建立不全面，缺百分之几扣百分之几",
            "planner",
        ),
        Rule(
            "cs.late_reply_complaint",
            "cs",
            "0.2",
            "month",
            "次",
            "留言回复不及时被投诉一次",
            "supervisor",
        ),
        Rule(
            "cs.no_feedback_summary",
            "cs",
            "1",
            "month",
            "次",
            "活动后没有客户反馈活动总结",
            "planner",
        ),
    )
}

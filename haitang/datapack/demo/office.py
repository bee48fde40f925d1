"""What the office wrote down: articles, manuscripts, KPI events, participants, expenses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from haitang.datapack.demo.plan import TROUBLED_MONTHS_BACK, Campaign
from haitang.datapack.demo.sales import Line
from haitang.datapack.demo.seeded import chance
from haitang.datapack.demo.span import Span
from haitang.kernel.clock import Month
from haitang.kernel.money import round_half_up

Row = tuple[str, ...]

READS_BASE = {"campaign": 3000, "welfare": 1000, "other": 800}
# Public welfare by calendar month.
WELFARE = (
    "冬季一氧化碳中毒的预防与急救",
    "春节聚餐：哪些药不能配酒",
    "爱肝日科普：别让好心养出药物性肝损伤",
    "过期药品回收进社区",
    "高血压日：在家怎样量准血压",
    "夏季防溺水与急救常识",
    "高温天里，这些药要放进冰箱",
    "开学季用眼健康义诊预告",
    "全民健康生活方式：减盐减油减糖",
    "重阳为老人整理家庭小药箱",
    "糖尿病日：免费测血糖进社区",
    "流感季：抗病毒药该不该囤",
)
OTHER = "会员积分兑换与门店营业时间公告"
# Reads as a share of the target in the last month: the campaign articles fall a little short.
LAST_MONTH_READS = {"campaign": (0.94, 1.01), "welfare": (1.12,)}


def target(category: str, year: int) -> int:
    """Reads that an article of the category should reach in a year (docs/rules.md §6)."""
    return round_half_up(READS_BASE[category] * Fraction(12, 10) ** (year - 2018))


def articles(span: Span, *, seed: int, plan: list[Campaign]) -> tuple[list[Row], dict[str, str]]:
    """Rows of articles.csv by date, and which campaign has which article (codes)."""
    drafts: list[tuple[date, str, str, str]] = []
    for campaign in plan:
        if campaign.status == "completed":
            published = campaign.start - timedelta(days=2)
            title = f"{campaign.title}，{campaign.start.month}月{campaign.start.day}日开始"
            drafts.append((published, "campaign", title, campaign.code))
    for month in span.first.through(span.last):
        drafts.append((month.first.replace(day=20), "welfare", WELFARE[month.month - 1], ""))
        if month.month % 2 == 1:
            drafts.append((month.first.replace(day=25), "other", OTHER, ""))
    rows: list[Row] = []
    links: dict[str, str] = {}
    last = {category: iter(shares) for category, shares in LAST_MONTH_READS.items()}
    for number, (published, category, title, campaign_code) in enumerate(sorted(drafts), start=1):
        code = f"TW{number:03d}"
        numbers = chance(seed, "reads", category, published)
        share = numbers.uniform(0.88, 1.28)
        if published in span.last:
            share = next(last.get(category, iter(())), share)
        reads = _reads(numbers, share=share, category=category, year=published.year)
        follows = str(round(reads * numbers.uniform(0.01, 0.03)))
        missing = category == "campaign" and published in span.last.plus(-TROUBLED_MONTHS_BACK)
        reads_text = "" if missing else str(reads)
        rows.append((code, title, category, published.isoformat(), reads_text, follows))
        if campaign_code:
            links[campaign_code] = code
    return rows, links


def _reads(numbers: Random, *, share: float, category: str, year: int) -> int:
    return round(target(category, year) * share) + numbers.randrange(-20, 21)


def participants(lines: Iterable[Line], *, seed: int, plan: list[Campaign]) -> list[Row]:
    """Rows of participants.csv: of the members who bought on a campaign's days, most are logged."""
    buyers: dict[tuple[str, date], set[str]] = defaultdict(set)
    campaign_days = {day for campaign in plan for day in campaign.days}
    for line in lines:
        if line.member and line.quantity > 0 and line.date in campaign_days:
            buyers[line.store, line.date].add(line.member)
    rows: list[Row] = []
    for campaign in plan:
        if campaign.status != "completed":
            continue
        cards = {
            card
            for (store, day), members in buyers.items()
            if day in campaign.days and campaign.takes_part(store)
            for card in members
        }
        numbers = chance(seed, "participants", campaign.code)
        rows += [(campaign.code, card) for card in sorted(cards) if numbers.random() < 0.7]
    return rows


# Months before the last one, rule, quantity, what happened.
_EVENTS = (
    (12, "ops.store_not_executed", "1", "解放街店海报未按时张贴"),
    (11, "it.complaint", "1", "客服部投诉会员接口中断半天"),
    (10, "cs.archive_incomplete", "4.5", "参与客户档案缺联系电话"),
    (9, "planner.assessment", "4", "线上联动环节未落实"),
    (8, "supervisor.assessment", "3", "两家门店督导记录缺失"),
    (7, "cs.late_reply_complaint", "1", "节后留言两天未回复"),
    (6, "copy.plan_or_summary_missing", "1", "会员日活动缺书面总结"),
    (5, "planner.assessment", "20", "活动方案让利过深，毛利不增反降"),
    (5, "ops.store_not_executed", "1", "东湖社区店活动价签未更换"),
    (4, "art.no_artwork", "1", "长图未按时交付，推文延后一天"),
    (3, "it.complaint", "1", "运营部投诉活动二维码无法打开"),
    (2, "cs.archive_incomplete", "3.5", "参与客户档案缺来源与同意记录"),
    (0, "planner.assessment", "3", "线下互动环节参与人数未达预期"),
    (0, "supervisor.assessment", "2", "翠竹苑店督导照片未上传"),
    (0, "it.complaint", "1", "客服部投诉核销页面加载缓慢"),
    (0, "ops.store_not_executed", "1", "滨江花园店未按方案布置堆头"),
    (0, "cs.archive_incomplete", "2.5", "参与客户档案缺来店方式"),
)


def kpi_events(span: Span) -> list[Row]:
    """Rows of kpi_events.csv; one failure of the year before cuts the current year's 美工."""
    rows = [
        (str(span.last.plus(-back)), rule, quantity, note) for back, rule, quantity, note in _EVENTS
    ]
    december = str(Month(span.last.year - 1, 12))
    rows.append((december, "art.template_missing", "1", "节日祝福类推送模板年底前未定稿"))
    return sorted(rows, key=lambda row: row[0])


# Months before the last one, day, whose, title.
_MANUSCRIPTS = (
    (15, 11, "employee", "我在柜台站了十年"),
    (14, 6, "professional", "空调房里的颈肩痛怎么办"),
    (14, 23, "customer", "药师的一句提醒"),
    (13, 15, "professional", "夏天用胰岛素的三个误区"),
    (12, 10, "employee", "解放街店的中秋夜"),
    (11, 19, "professional", "秋燥咳嗽，先分清寒热"),
    (10, 9, "customer", "陪母亲配药的日子"),
    (10, 24, "employee", "会员日幕后：凌晨五点的理货"),
    (9, 12, "professional", "膏方不是人人能吃"),
    (8, 14, "employee", "雪天送药记"),
    (8, 27, "professional", "感冒药叠加服用的风险"),
    (7, 5, "customer", "年夜饭前的血压计"),
    (6, 13, "professional", "春天过敏，鼻喷怎么用才对"),
    (5, 17, "employee", "一次失败的促销教会我的事"),
    (4, 8, "professional", "母亲节谈更年期用药"),
    (4, 21, "employee", "我和社区义诊"),
    (3, 11, "customer", "从路人到老会员"),
    (2, 16, "professional", "三伏贴前要知道的六件事"),
    (1, 20, "employee", "台风天里的值班表"),
    (0, 7, "professional", "秋季护肺：药食同源怎么选"),
    (0, 15, "customer", "我家的小药箱瘦身了"),
    (0, 22, "employee", "金秋活动里的三张笑脸"),
)


def manuscripts(span: Span) -> list[Row]:
    """Rows of manuscripts.csv, all adopted."""
    return [
        (f"GJ{number:03d}", kind, title, _day(span, back, day))
        for number, (back, day, kind, title) in enumerate(_MANUSCRIPTS, start=1)
    ]


_EXPENSES = (
    (11, 18, "paid_service", "168.00", "图文排版工具季度会员"),
    (8, 22, "team", "240.00", "年终团队聚餐"),
    (5, 10, "paid_service", "168.00", "图文排版工具季度会员"),
    (2, 25, "team", "180.00", "三伏活动加班餐费"),
    (0, 11, "paid_service", "199.00", "短视频剪辑素材包"),
    (0, 24, "team", "260.00", "金秋活动总结会茶点"),
)


def reserve_expenses(span: Span) -> list[Row]:
    """Rows of reserve_expenses.csv."""
    return [
        (_day(span, back, day), kind, amount, note) for back, day, kind, amount, note in _EXPENSES
    ]


def _day(span: Span, months_back: int, day: int) -> str:
    return span.last.plus(-months_back).first.replace(day=day).isoformat()

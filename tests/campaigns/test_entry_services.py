"""Entering, changing and closing campaigns: what is refused, what is kept, what the trail says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from campaigns.entry import CampaignEntry, Misfit, entry_of
from campaigns.entry_forms import next_days
from campaigns.models import Campaign
from campaigns.services import change_campaign, enter_campaign, link_article, set_status
from campaigns.services.entering import free_code, version
from campaigns.statuses import main_step, open_steps
from content.models import Article
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.models import AuditEntry
from tests.web import scene

pytestmark = pytest.mark.django_db

SATURDAY, SUNDAY, MONDAY = date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2)
ENTRY = CampaignEntry(
    code="",
    title="冬季养生",
    scale="medium",
    kind="weekend",
    start=SATURDAY,
    end=SUNDAY,
    stores=("S01", "S02"),
    focus_items=("A1",),
    status="completed",
    article="",
)


@pytest.fixture(autouse=True)
def _stores() -> None:
    scene.make_calendar()
    scene.make_store()
    scene.make_store("S02", "中山店")


def enter(by: User, now: datetime, **fields: Any) -> Campaign:
    return enter_campaign(entry=replace(ENTRY, **fields), by=by, now=now)


def change(campaign: Campaign, by: User, now: datetime, **fields: Any) -> bool:
    return change_campaign(
        campaign=campaign,
        entry=replace(entry_of(campaign), **fields),
        seen=version(campaign),
        by=by,
        now=now,
    )


def move(campaign: Campaign, to: str, by: User, now: datetime, reason: str = "") -> None:
    campaign.refresh_from_db()
    set_status(campaign=campaign, was=campaign.status, to=to, reason=reason, by=by, now=now)


def test_new_campaign_is_planned_gets_a_code_and_stands_in_the_trail(
    planner: User, now: datetime
) -> None:
    campaign = enter(planner, now)
    assert (campaign.code, campaign.status) == ("HD20261031", "planned")
    assert sorted(store.code for store in campaign.stores.all()) == ["S01", "S02"]
    kept = AuditEntry.objects.get(act="add_campaign")
    assert kept.actor == planner
    assert kept.details["start"] == "2026-10-31"
    assert kept.details["stores"] == ["S01", "S02"]
    assert enter(planner, now).code == "HD20261031-2"
    assert free_code(SATURDAY) == "HD20261031-3"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"end": MONDAY}, "start", "2026-11-02 不是周六或周日"),
        ({"start": date(2026, 10, 10), "end": date(2026, 10, 10)}, "start", "调休上班日"),
        ({"end": date(2026, 10, 30)}, "end", "早于开始日期"),
        ({"scale": "small"}, "stores", "小型活动只有一家门店"),
        ({"stores": ()}, "stores", "没有写参与门店"),
        ({"stores": ("S09",)}, "stores", "没有编码为 S09 的门店"),
        ({"article": "A9"}, "article", "没有编号为 A9 的推文"),
        ({"kind": "member_day"}, "start", "不是会员日"),
        ({"title": " "}, "title", "活动名称"),
        ({"code": "a/b"}, "code", "不能有斜杠"),
    ],
)
def test_campaign_that_does_not_fit_is_refused_at_its_field(
    fields: dict[str, Any], field: str, words: str, planner: User, now: datetime
) -> None:
    with pytest.raises(Misfit, match=words) as refused:
        enter(planner, now, **fields)
    assert refused.value.field == field
    assert not Campaign.objects.exists()
    assert not AuditEntry.objects.exists()


def test_code_that_is_taken_is_refused_and_the_other_campaign_stays(
    planner: User, now: datetime
) -> None:
    enter(planner, now, code="C1")
    with pytest.raises(Misfit, match="已经有编号为“C1”的活动"):
        enter(planner, now, code="C1", title="另一场")
    assert Campaign.objects.get().title == "冬季养生"


def test_change_keeps_code_and_status_and_tells_before_and_after(
    planner: User, now: datetime
) -> None:
    campaign = enter(planner, now)
    assert change(campaign, planner, now, title="冬季进补", stores=None, code="X", status="running")
    campaign.refresh_from_db()
    assert (campaign.code, campaign.status, campaign.all_stores) == ("HD20261031", "planned", True)
    assert not campaign.stores.exists()
    assert AuditEntry.objects.get(act="change_campaign").details == {
        "code": "HD20261031",
        "title": {"was": "冬季养生", "now": "冬季进补"},
        "stores": {"was": ["S01", "S02"], "now": "*"},
    }
    assert not change(campaign, planner, now)
    assert AuditEntry.objects.filter(act="change_campaign").count() == 1


def test_change_that_does_not_fit_leaves_the_campaign_as_it_was(
    planner: User, now: datetime
) -> None:
    campaign = enter(planner, now)
    with pytest.raises(Misfit, match="不是周六或周日"):
        change(campaign, planner, now, end=MONDAY, title="改了")
    campaign.refresh_from_db()
    assert (campaign.title, campaign.end) == ("冬季养生", SUNDAY)


def test_change_of_what_somebody_else_changed_meanwhile_is_refused(
    planner: User, supervisor: User, now: datetime
) -> None:
    campaign = enter(planner, now)
    seen = version(campaign)
    change(campaign, supervisor, now, title="总督导改的")
    with pytest.raises(Conflict, match="已被别人改过"):
        change_campaign(
            campaign=campaign,
            entry=replace(entry_of(campaign), title="总策划改的"),
            seen=seen,
            by=planner,
            now=now,
        )
    campaign.refresh_from_db()
    assert campaign.title == "总督导改的"


def test_completed_campaign_keeps_what_decides_the_uplift(planner: User, now: datetime) -> None:
    campaign = enter(planner, now)
    move(campaign, "completed", planner, now)
    campaign.refresh_from_db()
    for fields in ({"end": SATURDAY}, {"stores": None}, {"scale": "large"}, {"focus_items": ()}):
        with pytest.raises(Conflict, match="活动已完成"):
            change(campaign, planner, now, **fields)
    assert change(campaign, planner, now, title="冬季进补")
    move(campaign, "running", planner, now, reason="日期登记错了")
    campaign.refresh_from_db()
    assert change(campaign, planner, now, end=SATURDAY)


def test_cancelled_campaign_is_restored_before_it_is_changed(planner: User, now: datetime) -> None:
    campaign = enter(planner, now)
    with pytest.raises(Invalid, match="取消活动要写明原因"):
        move(campaign, "cancelled", planner, now, reason=" ")
    move(campaign, "cancelled", planner, now, reason="厂家撤了")
    campaign.refresh_from_db()
    with pytest.raises(Conflict, match="请先恢复为计划"):
        change(campaign, planner, now, title="x")
    assert AuditEntry.objects.latest("pk").details == {
        "code": campaign.code,
        "status": {"was": "planned", "now": "cancelled"},
        "reason": "厂家撤了",
    }
    move(campaign, "planned", planner, now)
    campaign.refresh_from_db()
    assert change(campaign, planner, now, title="x")


def test_step_before_its_day_is_refused(planner: User, now: datetime) -> None:
    campaign = enter(planner, now)
    early = now - timedelta(days=4)  # 30 October, the day before
    with pytest.raises(Invalid, match="才开始"):
        move(campaign, "running", planner, early)
    on_the_first_day = now - timedelta(days=3)
    move(campaign, "running", planner, on_the_first_day)
    with pytest.raises(Invalid, match="才结束"):
        move(campaign, "completed", planner, on_the_first_day)
    move(campaign, "completed", planner, now - timedelta(days=2))  # its last day
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_step_that_somebody_else_took_first_is_refused(planner: User, now: datetime) -> None:
    campaign = enter(planner, now)
    move(campaign, "completed", planner, now)
    with pytest.raises(Conflict, match="状态已经是“已完成”"):
        set_status(
            campaign=campaign, was="planned", to="cancelled", reason="x", by=planner, now=now
        )
    with pytest.raises(Conflict, match="走不通"):
        set_status(campaign=campaign, was="completed", to="planned", reason="", by=planner, now=now)
    campaign.refresh_from_db()
    assert campaign.status == "completed"


@pytest.mark.parametrize(
    ("status", "today", "main", "others"),
    [
        ("planned", date(2026, 10, 30), None, ["cancelled"]),
        ("planned", SATURDAY, "running", ["cancelled"]),
        ("planned", MONDAY, "completed", ["running", "cancelled"]),
        ("running", SATURDAY, None, ["planned", "cancelled"]),
        ("running", SUNDAY, "completed", ["planned", "cancelled"]),
        ("completed", MONDAY, None, ["running"]),
        ("cancelled", MONDAY, None, ["planned"]),
    ],
)
def test_steps_of_the_day(status: str, today: date, main: str | None, others: list[str]) -> None:
    campaign = Campaign(code="C1", start=SATURDAY, end=SUNDAY, status=status)
    first = main_step(campaign, today=today)
    assert (first.to if first else None) == main
    rest = [step.to for step in open_steps(campaign, today=today) if step != first]
    assert rest == others


def test_article_is_linked_and_taken_away(copy: User, planner: User, now: datetime) -> None:
    campaign = enter(planner, now)
    Article.objects.create(code="A1", title="x", category="campaign", published_on=SATURDAY)
    assert link_article(campaign=campaign, article=" A1 ", by=copy, now=now)
    assert not link_article(campaign=campaign, article="A1", by=copy, now=now)
    assert Campaign.objects.get().article_id is not None
    with pytest.raises(Misfit, match="没有编号为 A9 的推文"):
        link_article(campaign=campaign, article="A9", by=copy, now=now)
    assert link_article(campaign=campaign, article="", by=copy, now=now)
    assert Campaign.objects.get().article_id is None
    links = AuditEntry.objects.filter(act="link_article").order_by("pk")
    assert [each.details["article"] for each in links] == [
        {"was": "", "now": "A1"},
        {"was": "A1", "now": ""},
    ]


@pytest.mark.parametrize(
    ("kind", "first", "last", "expected"),
    [
        ("weekend", SATURDAY, SUNDAY, (date(2026, 11, 28), date(2026, 11, 29))),
        ("member_day", date(2026, 12, 28), date(2026, 12, 28), (date(2027, 1, 28),) * 2),
    ],
)
def test_copy_comes_again_on_days_that_fit_its_kind(
    kind: str, first: date, last: date, expected: tuple[date, date]
) -> None:
    assert next_days(Campaign(kind=kind, start=first, end=last)) == expected

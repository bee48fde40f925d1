"""``demo`` and ``make_demo_pack``: from an empty database to a payout table, once and again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from campaigns.models import Campaign, SaleLine, SalesImport, Store, StoreDay
from haitang.datapack.demo import DEMO_LAST_MONTH
from haitang.datapack.demo.chain import stores
from haitang.datapack.demo.span import Span
from haitang.kernel.clock import Month
from haitang.kernel.models import AuditEntry
from incentives.calculation.services import compute_month
from incentives.ledger.verify import verify
from incentives.models import Settlement, SettlementRun
from membership.models import InboxSettings, QuickReply, ReplyRule


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


def demo() -> Outcome:
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("demo", stdout=out, stderr=err)
    except SystemExit as end:
        status = int(end.code or 0)
    return Outcome(status, out.getvalue(), err.getvalue())


@pytest.mark.slow
@pytest.mark.django_db
def test_demo_from_empty_to_payout_and_again(client: Client) -> None:
    folder: Path = settings.VAR_DIR / "demo-pack"
    unfinished = folder.with_name("demo-pack.unfinished")
    unfinished.mkdir(parents=True)
    (unfinished / "rest.csv").write_text("an interrupted start", encoding="utf-8")

    first = demo()
    assert (first.status, first.err) == (0, "")
    assert not (folder / "rest.csv").exists()
    _shows_the_payout(first.out)
    run = SettlementRun.objects.get(month="2026-09")
    assert (run.month, run.open_problems, run.calculated_by) == (
        "2026-09",
        0,
        User.objects.get(username="liweidong"),
    )
    assert run.pool > 0
    assert any(role["withheld"] != "0.00" for role in run.document["roles"][:7])
    _everybody_can_log_in(client, first.out)
    _a_year_is_settled()
    names = set(ReplyRule.objects.values_list("name", flat=True))
    assert names >= {"欢迎关注", "营业时间", "门店地址", "会员日", "积分", "夜间购药"}
    assert InboxSettings.objects.get().changed_by == User.objects.get(username="liweidong")

    admin = User.objects.get(username="admin")
    admin.set_password("kept-as-changed")
    admin.save()
    counts = _counts()
    second = demo()
    assert (second.status, second.err) == (0, "")
    assert "正在" not in second.out
    assert second.out.lstrip("\n") == first.out[first.out.index("2026-09 结算（") :]
    assert _counts() == counts
    assert client.login(username="admin", password="kept-as-changed")


def _shows_the_payout(out: str) -> None:
    for part in (
        "2026-09 结算（制度：公众号运营方案）",
        "总策划        0.15",
        "刘思远",
        "合计          1.00",
        "HD13  金秋健康礼遇季·全连锁周末惠",
        "未计入 H12 海棠药堂·高铁新城店：不是可比店",
        "日常维持资金  20,180.00  2,000.00",
        "没有待处理的问题",
        "haitang-admin",
    ):
        assert part in out
    assert "网址：http://127.0.0.1:8000\n" in out
    assert "微信模拟器：http://127.0.0.1:8400" in out.splitlines()[-1]


def _everybody_can_log_in(client: Client, out: str) -> None:
    lines = out[out.index("演示账号") : out.index("网址")].strip().splitlines()[2:]
    assert len(lines) == 13
    for line in lines:
        username, password = line.split()[-2:]
        assert client.login(username=username, password=password)
    others = User.objects.filter(username="xuhaiyan")
    assert [user.has_usable_password() for user in others] == [False]


def _a_year_is_settled() -> None:
    states = dict(Settlement.objects.values_list("month", "state"))
    assert (len(states), set(states.values())) == (12, {"closed", "approved", "calculated"})
    assert (states["2026-08"], states["2026-09"]) == ("approved", "calculated")
    assert list(verify()) == []
    problems = compute_month(Month(2026, 5)).overridden
    assert [problem.code for problem in problems] == ["missing_campaign_sales", "reads_missing"]
    failed = compute_month(Month(2026, 4)).settlement
    assert failed.margin_uplift < 0
    assert failed.pool == 0


def _counts() -> list[int]:
    return [
        model._default_manager.count()
        for model in (
            *(SalesImport, StoreDay, SaleLine, SettlementRun, User, AuditEntry),
            *(ReplyRule, QuickReply, InboxSettings),
        )
    ]


@pytest.mark.django_db
def test_demo_refuses_a_database_with_other_stores() -> None:
    Store.objects.create(code="S01", name="真实的门店", opened_on="2020-01-01")
    refused = demo()
    assert refused.status == 2
    assert "已有不属于演示的数据（门店 S01）" in refused.err
    assert "DATABASE_URL" in refused.err
    assert (Store.objects.count(), User.objects.count()) == (1, 0)
    assert not (settings.VAR_DIR / "demo-pack").exists()


@pytest.mark.django_db
def test_demo_refuses_a_real_store_with_a_code_of_the_demo() -> None:
    code = stores(Span(DEMO_LAST_MONTH))[0].code
    Store.objects.create(code=code, name="真实的门店", opened_on="2020-01-01")
    assert f"门店 {code}" in demo().err


@pytest.mark.django_db
def test_demo_refuses_a_database_with_other_campaigns() -> None:
    Campaign.objects.bulk_create(
        Campaign(
            code=f"C{number}",
            title="真实的活动",
            scale="small",
            kind="manufacturer",
            start="2026-09-01",
            end="2026-09-01",
        )
        for number in range(1, 6)
    )
    assert "（活动 C1、C2、C3等）" in demo().err


def test_make_demo_pack_never_writes_over_other_things(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("mine", encoding="utf-8")
    with pytest.raises(CommandError, match="有别的东西"):
        call_command("make_demo_pack", str(tmp_path))
    with pytest.raises(CommandError, match="是一个文件"):
        call_command("make_demo_pack", str(letter))
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("month", ["2026-13", "九月", "2031-01"])
def test_make_demo_pack_refuses_an_unusable_month(month: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("make_demo_pack", str(tmp_path / "pack"), "--last-month", month)
    assert refused.value.returncode == 2
    assert month in str(refused.value)

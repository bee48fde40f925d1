"""The demonstration pack: its format, its repeatability and what it promises to show."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.roles import TEAM, Role
from campaigns.calendar import misfit
from haitang.datapack.demo import DEMO_LAST_MONTH, pack_digest, write_demo_pack
from haitang.datapack.demo.office import target
from haitang.datapack.demo.plan import campaigns as planned_campaigns
from haitang.datapack.demo.span import MEMBER_DAYS, Span
from haitang.kernel.clock import Month, days_between
from haitang.kernel.errors import Invalid
from haitang.kernel.money import exact
from haitang.policy.rulebook import RULES

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "demo"
    write_demo_pack(folder)
    return folder


@pytest.fixture(scope="module")
def sales(pack: Path) -> Rows:
    return read(pack, "sales.csv")


def read(pack: Path, name: str) -> Rows:
    with (pack / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_pack_has_the_headers_of_the_format(pack: Path) -> None:
    headers = {
        file.name: file.read_text(encoding="utf-8").split("\n", 1)[0] for file in pack.glob("*.csv")
    }
    assert headers == {
        "stores.csv": "code,name,opened_on,closed_on",
        "calendar.csv": "date,kind",
        "staff.csv": "username,name,role,valid_from,valid_to,share,department,store",
        "campaigns.csv": ("code,title,scale,kind,start,end,stores,focus_items,status,article"),
        "sales.csv": "store,date,receipt,item,quantity,amount,cost,member",
        "articles.csv": "code,title,category,published_on,reads,follows",
        "participants.csv": "campaign,member",
        "reserve_expenses.csv": "date,kind,amount,note",
        "kpi_events.csv": "month,rule,quantity,note",
        "manuscripts.csv": "code,author_kind,title,adopted_on",
        "fund.csv": "as_of,maintenance_balance,reserve_balance",
    }


def test_make_demo_pack_same_seed_gives_the_same_bytes(pack: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("make_demo_pack", str(tmp_path / "again"), stdout=out)
    call_command("make_demo_pack", str(tmp_path / "other"), "--seed", "9", stdout=out)
    assert pack_digest(tmp_path / "again") == pack_digest(pack)
    assert pack_digest(tmp_path / "other") != pack_digest(pack)
    assert out.getvalue().count("演示数据包已写到") == 2


def test_pack_counts(pack: Path, sales: Rows) -> None:
    assert len(read(pack, "stores.csv")) == 12
    assert len(read(pack, "campaigns.csv")) == 14
    assert 60_000 <= len(sales) <= 100_000
    assert 60 <= len({row["item"] for row in sales}) <= 100
    assert len({row["date"][:7] for row in sales}) == 16
    assert max(row["date"] for row in sales) == "2026-09-30"
    assert len(read(pack, "manuscripts.csv")) >= 12


def test_stores_one_opened_late_and_one_closed(pack: Path, sales: Rows) -> None:
    stores = read(pack, "stores.csv")
    assert [row["code"] for row in stores if row["closed_on"]] == ["H09"]
    assert [row["code"] for row in stores if row["opened_on"] > "2025-10-01"] == ["H12"]
    traded = defaultdict(set)
    for row in sales:
        traded[row["store"]].add(row["date"])
    for store in stores:
        assert min(traded[store["code"]]) >= store["opened_on"]
        assert max(traded[store["code"]]) <= (store["closed_on"] or "2026-09-30")


def test_campaigns_each_scale_with_each_kind(pack: Path) -> None:
    campaigns = read(pack, "campaigns.csv")
    pairs = {(row["scale"], row["kind"]) for row in campaigns}
    assert len(pairs) == 9
    assert Counter(row["status"] for row in campaigns) == {
        "completed": 12,
        "cancelled": 1,
        "planned": 1,
    }


@pytest.mark.parametrize("last", [Month(2026, 9), Month(2025, 2), Month(2024, 12), Month(2022, 5)])
def test_campaigns_fit_the_rules_in_any_month(last: Month) -> None:
    span = Span(last)
    for campaign in planned_campaigns(span):
        stores = campaign.stores.split(";")
        assert (len(stores) == 1 and stores != ["*"]) == (campaign.scale == "small")
        assert (stores == ["*"]) == (campaign.scale == "large")
        if campaign.scale == "large":
            assert len(campaign.days) >= 2
            continue
        for day in campaign.days:
            found = misfit(campaign.kind, day, calendar=span.calendar, member_days=MEMBER_DAYS)
            assert not found


def test_campaigns_never_share_a_store_day(pack: Path) -> None:
    days: Counter[tuple[str, date]] = Counter()
    for row in read(pack, "campaigns.csv"):
        stores = row["stores"].split(";")
        if row["stores"] == "*":
            stores = [f"H{number:02d}" for number in range(1, 13)]
        for day in days_between(date.fromisoformat(row["start"]), date.fromisoformat(row["end"])):
            days.update((store, day) for store in stores)
    assert set(days.values()) == {1}


def test_completed_campaigns_have_an_article_of_their_month(pack: Path) -> None:
    articles = {row["code"]: row for row in read(pack, "articles.csv")}
    assert len(articles) == len(read(pack, "articles.csv"))
    for row in read(pack, "campaigns.csv"):
        if row["status"] != "completed":
            assert row["article"] == ""
            continue
        article = articles[row["article"]]
        assert article["category"] == "campaign"
        assert article["published_on"][:7] == row["start"][:7]


def test_reads_target_of_2026() -> None:
    # 3000 × 1.2^8 = 12899.45…, 1000 × 1.2^8 = 4299.82…
    assert (target("campaign", 2026), target("welfare", 2026)) == (12899, 4300)


def test_articles_of_the_last_month_miss_the_target_by_little(pack: Path) -> None:
    rows = [row for row in read(pack, "articles.csv") if row["published_on"] >= "2026-09-01"]
    assert {row["category"] for row in rows} == {"campaign", "welfare", "other"}
    reads = [int(row["reads"]) for row in rows if row["category"] == "campaign"]
    assert 12_200 < sum(reads) / len(reads) < 12_899


def test_staff_every_role_is_held_with_shares_that_sum_to_one(pack: Path) -> None:
    staff = read(pack, "staff.csv")
    last = DEMO_LAST_MONTH.last.isoformat()
    held = {row["role"] for row in staff if row["valid_to"] == "" or row["valid_to"] >= last}
    # The demo has no further department, and its supervisor submits.
    assert held == set(Role.values) - {Role.LIAISON, Role.CLERK}
    for day in ("2025-06-01", "2025-12-31", "2026-01-01", "2026-03-31", "2026-04-30", last):
        shares: dict[str, Fraction] = defaultdict(Fraction)
        for row in staff:
            if row["valid_from"] <= day and (row["valid_to"] == "" or row["valid_to"] >= day):
                shares[row["role"]] += exact(row["share"])
        assert {role: shares[role] for role in TEAM} == dict.fromkeys(TEAM, Fraction(1))


def test_staff_namesakes_are_different_people(pack: Path) -> None:
    names = {row["username"]: row["name"] for row in read(pack, "staff.csv")}
    assert len(set(names.values())) == len(names)
    held = {
        row["role"]: (row["name"][0], row["department"])
        for row in read(pack, "staff.csv")
        if row["role"] in TEAM and not row["valid_to"]
    }
    assert {role: surname for role, (surname, _) in held.items()} == {
        "planner": "刘",
        "supervisor": "李",
        "copy": "朱",
        "art": "张",
        "it": "张",
        "ops": "刘",
        "cs": "宋",
    }
    assert [held[role][1] for role in ("it", "ops", "cs")] == ["信息部", "运营部", "客服部"]


def test_staff_one_post_changed_hands_and_each_store_has_a_manager(pack: Path) -> None:
    staff = read(pack, "staff.csv")
    art = sorted((row for row in staff if row["role"] == "art"), key=lambda row: row["valid_from"])
    assert [(row["name"], row["valid_to"]) for row in art] == [
        ("孙宇", "2025-12-31"),
        ("张艺馨", ""),
    ]
    assert art[1]["valid_from"] == "2026-01-01"
    managed = sorted(row["store"] for row in staff if row["role"] == "store_manager")
    assert managed == [f"H{number:02d}" for number in range(1, 13)]


def test_sales_lines_are_plausible(sales: Rows) -> None:
    returns = [row for row in sales if row["quantity"].startswith("-")]
    assert 0.005 < len(returns) / len(sales) < 0.02
    for row in sales:
        negative = [row[column].startswith("-") for column in ("quantity", "amount", "cost")]
        assert len(set(negative)) == 1
        assert len(row["amount"].rsplit(".", 1)[1]) == 2
    amount = sum(Decimal(row["amount"]) for row in sales)
    cost = sum(Decimal(row["cost"]) for row in sales)
    assert Decimal("0.30") < (amount - cost) / amount < Decimal("0.45")


def test_sales_receipts_belong_to_one_customer_of_one_store_day(sales: Rows) -> None:
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    dates: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sales:
        members[row["store"], row["receipt"]].add(row["member"])
        dates[row["store"], row["receipt"]].add(row["date"])
    assert {len(cards) for cards in members.values()} == {1}
    assert {len(days) for days in dates.values()} == {1}


def test_sales_member_days_and_weekends_bring_more(sales: Rows) -> None:
    receipts: dict[date, set[tuple[str, str]]] = defaultdict(set)
    for row in sales:
        receipts[date.fromisoformat(row["date"])].add((row["store"], row["receipt"]))

    def mean(days: list[date]) -> float:
        return sum(len(receipts[day]) for day in days) / len(days)

    span = Span(DEMO_LAST_MONTH)
    member_days = [day for day in receipts if day.day in MEMBER_DAYS]
    weekends = [day for day in receipts if day.weekday() >= 5 and day.day not in MEMBER_DAYS]
    plain = [day for day in receipts if day.weekday() < 5 and day.day not in MEMBER_DAYS]
    festival = [day for day in receipts if span.is_spring_festival(day)]
    assert mean(member_days) > 1.25 * mean(plain)
    assert mean(weekends) > 1.05 * mean(plain)
    assert mean(festival) < 0.7 * mean(plain)


def test_sales_some_members_spend_ten_thousand_a_year(sales: Rows) -> None:
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for row in sales:
        if row["member"] and row["date"] >= "2025-10-01":
            spent[row["member"]] += Decimal(row["amount"])
    very_important = [card for card, total in spent.items() if total >= 10_000]
    assert 10 <= len(very_important) <= len(spent) / 10


def test_kpi_events_follow_known_rules(pack: Path) -> None:
    events = read(pack, "kpi_events.csv")
    assert {row["rule"] for row in events} <= set(RULES)
    assert any(RULES[row["rule"]].horizon == "next_year" for row in events)
    assert sum(row["month"] == "2026-09" for row in events) >= 3
    assert all(row["note"] for row in events)


def test_manuscripts_come_from_all_three_kinds_of_author(pack: Path) -> None:
    last = {
        row["author_kind"]
        for row in read(pack, "manuscripts.csv")
        if row["adopted_on"].startswith("2026-09")
    }
    assert last == {"employee", "professional", "customer"}


def test_participants_bought_at_the_campaign(pack: Path, sales: Rows) -> None:
    campaigns = {row["code"]: row for row in read(pack, "campaigns.csv")}
    bought = defaultdict(set)
    for row in sales:
        if row["member"] and not row["quantity"].startswith("-"):
            bought[row["member"]].add((row["store"], row["date"]))
    participants = read(pack, "participants.csv")
    assert len({(row["campaign"], row["member"]) for row in participants}) == len(participants)
    for row in participants:
        campaign = campaigns[row["campaign"]]
        assert any(
            campaign["start"] <= day <= campaign["end"]
            and (campaign["stores"] == "*" or store in campaign["stores"].split(";"))
            for store, day in bought[row["member"]]
        )


def test_pack_refuses_a_month_without_a_known_calendar(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="2026-12"):
        write_demo_pack(tmp_path / "pack", last_month=Month(2026, 12))
    assert not (tmp_path / "pack").exists()

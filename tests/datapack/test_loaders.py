"""Each file of a pack: what a good row becomes and why a bad one is refused (docs/datapack.md)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Tenure, User
from campaigns.models import CalendarDay, CalendarYear, Campaign, Participation, Store
from content.models import Article, Manuscript
from haitang.datapack.reports import LoadReport
from haitang.datapack.services import load_pack
from haitang.policy.models import PolicyVersion
from incentives.models import KpiEvent, OpeningBalance, ReserveExpense
from tests.factories.packs import write_pack
from tests.factories.trade import NOW

pytestmark = pytest.mark.django_db


def load(folder: Path, *, skip_bad_rows: bool = False, **files: Any) -> LoadReport:
    pack = write_pack(folder / "pack", **files)
    return load_pack(path=pack, now=NOW, skip_bad_rows=skip_bad_rows)


def test_stores_are_made_and_changed_by_code(tmp_path: Path) -> None:
    load(tmp_path, stores="S01,旧名,2015-01-01,\nS02,二店,2016/2/3,2026-10-20")
    load(tmp_path, stores="S01,新名,2015-01-01,")
    assert Store.objects.get(code="S01").name == "新名"
    second = Store.objects.get(code="S02")
    assert (second.opened_on, second.closed_on) == (date(2016, 2, 3), date(2026, 10, 20))


def test_calendar_defines_the_years_it_mentions_wholly(tmp_path: Path) -> None:
    """2026 has one day left of all its holidays; 2025 stays as it was."""
    before = CalendarDay.objects.filter(date__year=2025).count()
    load(tmp_path, calendar="2026-10-01,holiday\n2031-01-01,makeup_workday")
    assert list(CalendarDay.objects.filter(date__year=2026).values_list("date", "kind")) == [
        (date(2026, 10, 1), "holiday")
    ]
    assert CalendarDay.objects.filter(date__year=2025).count() == before
    assert CalendarYear.objects.filter(year=2031).exists()


def test_staff_may_share_a_role_by_thirds(tmp_path: Path) -> None:
    load(
        tmp_path,
        staff="""
            liu,刘,planner,2018-01-01,,1/3
            li,李,planner,2018-01-01,2026-10-30,2/3
            zhang,张,it,2018-01-01,,1
        """,
    )
    planners = Tenure.objects.filter(role="planner").order_by("share")
    assert [each.share for each in planners] == [Fraction(1, 3), Fraction(2, 3)]
    assert planners[1].valid_to == date(2026, 10, 30)
    it = User.objects.get(username="zhang")
    assert it.department is not None
    assert (it.name, it.department.name, it.department.takes_part) == ("张", "信息部", True)
    assert not it.has_usable_password()


def test_department_and_store_of_staff_are_optional_columns(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    (pack / "staff.csv").write_text(
        "username,name,role,valid_from,valid_to,share,department,store\n"
        "sun,孙,store_manager,2018-01-01,,1,门店部,S01\n",
        encoding="utf-8",
    )
    assert load_pack(path=pack, now=NOW).rejected == []
    tenure = Tenure.objects.select_related("user__department").get()
    assert tenure.store_code == "S01"
    assert tenure.user.department is not None
    assert tenure.user.department.name == "门店部"


def test_nobody_is_called_like_an_account_of_the_ledger(tmp_path: Path) -> None:
    report = load(tmp_path, staff="withheld,刘,planner,2018-01-01,,1")
    assert [(each.column, each.value) for each in report.rejected] == [("username", "withheld")]
    assert not User.objects.exists()


def test_later_pack_ends_a_tenure(tmp_path: Path) -> None:
    load(tmp_path, staff="liu,刘,planner,2018-01-01,,1")
    load(tmp_path, staff="liu,刘,planner,2018-01-01,2026-10-31,1")
    assert Tenure.objects.get().valid_to == date(2026, 10, 31)


def test_articles_may_lack_reads_and_have_follows(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", articles="A1,一,campaign,2026-10-01,")
    (pack / "articles.csv").write_text(
        "code,title,category,published_on,reads,follows\nA1,一,welfare,2026-10-01,,7\n",
        encoding="utf-8",
    )
    load_pack(path=pack, now=NOW)
    article = Article.objects.get()
    assert (article.category, article.reads, article.follows) == ("welfare", None, 7)


def test_article_with_an_empty_figure_keeps_the_one_typed_by_hand(tmp_path: Path) -> None:
    load(tmp_path, articles="A1,一,welfare,2026-10-01,")
    Article.objects.update(reads=8650)
    load(tmp_path, articles="A1,一改,welfare,2026-10-01,")
    kept = Article.objects.get()
    assert (kept.title, kept.reads) == ("一改", 8650)
    load(tmp_path, articles="A1,一改,welfare,2026-10-01,8700")
    assert Article.objects.get().reads == 8700


def test_campaigns_take_lists_and_all_stores(tmp_path: Path) -> None:
    load(
        tmp_path,
        stores="S01,一,2015-01-01,\nS02,二,2015-01-01,",
        articles="A1,一,campaign,2026-10-01,1",
        campaigns="""
            C1,周末,medium,weekend,2026-10-17,2026-10-18,S01;S02,P1;P2,completed,A1
            C2,周年,large,weekend,2026-10-19,2026-10-20,*,,planned,
        """,
    )
    first, second = Campaign.objects.order_by("code")
    assert sorted(store.code for store in first.stores.all()) == ["S01", "S02"]
    assert (first.focus_items, first.status) == (["P1", "P2"], "completed")
    assert first.article is not None
    assert (second.all_stores, second.article, second.stores.count()) == (True, None, 0)


def test_participants_are_logged_once(tmp_path: Path) -> None:
    campaigns = "C1,周末,small,weekend,2026-10-17,2026-10-17,S01,,completed,"
    load(tmp_path, campaigns=campaigns, participants="C1,6222\nC1,6222\nC1,6223")
    cards = Participation.objects.values_list("card__number", flat=True)
    assert sorted(card.for_computing() for card in cards) == ["6222", "6223"]


def test_equal_kpi_rows_and_expenses_are_counted_each(tmp_path: Path) -> None:
    complaint = "2026-10,it.complaint,1,"
    files: dict[str, Any] = {
        "kpi_events": f"{complaint}同\n{complaint}同\n{complaint}",
        "reserve_expenses": "2026-10-09,team,80,同\n2026-10-09,team,80.00,同",
    }
    for _ in range(2):
        load(tmp_path, **files)
    assert KpiEvent.objects.count() == 3
    assert {each.state for each in KpiEvent.objects.all()} == {"confirmed"}
    assert list(ReserveExpense.objects.values_list("amount", flat=True)) == [Decimal(80)] * 2


def test_manuscripts_may_be_adopted_later(tmp_path: Path) -> None:
    load(tmp_path, manuscripts="M1,employee,一,")
    load(tmp_path, manuscripts="M1,employee,一,2026-10-09")
    assert Manuscript.objects.get().adopted_on == date(2026, 10, 9)


def test_opening_balances_are_of_a_month(tmp_path: Path) -> None:
    load(tmp_path, fund="2026-10-01,12.34,0")
    balance = OpeningBalance.objects.get()
    assert (balance.month, balance.maintenance, balance.reserve) == (
        "2026-10",
        Decimal("12.34"),
        Decimal(0),
    )


def test_policy_is_published_over_the_default_with_plain_numbers_taken_exactly(
    tmp_path: Path,
) -> None:
    load(tmp_path, policy='{"code": "p", "pool_rate": 0.1, "options": {"cuts": "add"}}')
    document = PolicyVersion.objects.get().document
    assert (document["pool_rate"], document["options"]["cuts"]) == ("0.1", "add")


@pytest.mark.parametrize(
    ("file", "row", "column"),
    [
        ("stores", f"{'S' * 31},一,2015-01-01,", "code"),
        ("stores", f"S01,{'长' * 101},2015-01-01,", "name"),
        ("staff", f"{'u' * 151},刘,planner,2018-01-01,,1", "username"),
        ("staff", f"liu,{'刘' * 61},planner,2018-01-01,,1", "name"),
        ("articles", f"A1,{'长' * 201},campaign,2026-10-01,1", "title"),
        ("articles", "A1,一,campaign,2026-10-01,9999999999999999999", "reads"),
        ("campaigns", f"{'C' * 41},一,small,weekend,2026-10-17,2026-10-17,S01,,planned,", "code"),
        ("participants", f"C1,{'6' * 61}", "member"),
        ("manuscripts", f"M1,employee,{'长' * 201},", "title"),
        ("kpi_events", f"2026-10,it.complaint,1,{'长' * 501}", "note"),
        ("kpi_events", "2026-10,it.complaint,0.1234567890123456789012345,", "quantity"),
        ("reserve_expenses", f"2026-10-09,team,1,{'长' * 501}", "note"),
        ("reserve_expenses", "2026-10-09,team,1000000000000,", "amount"),
        ("fund", "2026-10-01,1000000000000,1", "maintenance_balance"),
    ],
)
def test_value_that_the_database_cannot_hold_is_a_bad_row_on_every_database(
    tmp_path: Path, file: str, row: str, column: str
) -> None:
    """SQLite would keep a longer text than the column has, PostgreSQL would break off."""
    files: dict[str, Any] = {file: row}
    report = load(tmp_path, **files)
    rejected = [each for each in report.rejected if each.file == f"{file}.csv"]
    assert [(each.line, each.column) for each in rejected] == [(2, column)]
    assert not report.ok


CAMPAIGN = "C1,周末,{},{},{},{},{},,completed,{}"


@pytest.mark.parametrize(
    ("file", "row", "column", "reason"),
    [
        ("stores", ",一,2015-01-01,", "code", "不能为空"),
        ("stores", "S01,一,2018-02-29,", "opened_on", "没有这一天"),
        ("stores", "S01,一,2015-01-01,2014-01-01", "closed_on", "早于开业日期"),
        ("calendar", "2026-10-01,workday", "kind", "只能是 holiday、makeup_workday"),
        ("staff", "liu,刘,boss,2018-01-01,,1", "role", "只能是 planner、"),
        ("staff", "liu,刘,planner,2018-01-01,,1.5", "share", "不超过 1"),
        ("staff", "liu,刘,planner,2018-01-01,,0", "share", "大于 0"),
        ("staff", "liu,刘,planner,2018-01-01,,1/0", "share", "不是数"),
        ("staff", "liu,刘,planner,2018-01-01,2017-12-31,1", "valid_to", "早于开始日期"),
        ("articles", "A1,一,news,2026-10-01,1", "category", "只能是 campaign、welfare、other"),
        ("articles", "A1,一,campaign,2026-10-01,很多", "reads", "不是数"),
        ("participants", "C9,6222", "campaign", "没有这个编号的活动"),
        ("kpi_events", "2026-10,it.none,1,", "rule", "只能是"),
        ("kpi_events", "2026-10,it.complaint,-1,", "quantity", "不能是负数"),
        ("kpi_events", "2026-10-01,it.complaint,1,", "month", "请写成 2026-10"),
        ("manuscripts", "M1,poet,一,2026-10-09", "author_kind", "只能是 employee"),
        ("reserve_expenses", "2026-10-09,party,1,", "kind", "只能是 paid_service、team"),
        ("reserve_expenses", "2026-10-09,team,0,", "amount", "大于零"),
        ("fund", "2026-10-02,1,1", "as_of", "某月 1 日"),
        ("fund", "2026-10-01,-1,1", "maintenance_balance", "不能是负数"),
    ],
)
def test_bad_row_names_line_column_and_reason(
    tmp_path: Path, file: str, row: str, column: str, reason: str
) -> None:
    files: dict[str, Any] = {file: row}
    report = load(tmp_path, **files)
    rejected = [each for each in report.rejected if each.file == f"{file}.csv"]
    assert len(rejected) == 1
    assert (rejected[0].line, rejected[0].column) == (2, column)
    assert reason in rejected[0].reason
    assert not report.ok


@pytest.mark.parametrize(
    ("fields", "column", "reason"),
    [
        (("small", "weekend", "2026-10-19", "2026-10-19", "S01", ""), "start", "不是周六或周日"),
        (("small", "weekend", "2026-10-10", "2026-10-10", "S01", ""), "start", "调休上班日"),
        (("small", "member_day", "2026-10-17", "2026-10-17", "S01", ""), "start", "不是会员日"),
        (("medium", "weekend", "2026-10-17", "2026-10-17", "S01;S09", ""), "stores", "S09"),
        (("small", "weekend", "2026-10-17", "2026-10-17", "*", ""), "stores", "只有一家"),
        (("medium", "weekend", "2026-10-17", "2026-10-17", "", ""), "stores", "没有写参与门店"),
        (("large", "weekend", "2026-10-17", "2026-10-17", "*", ""), "end", "至少两天"),
        (("small", "weekend", "2026-10-17", "2026-10-16", "S01", ""), "end", "早于开始日期"),
        (("small", "weekend", "2026-10-17", "2026-10-17", "S01", "A9"), "article", "A9"),
        (("tiny", "weekend", "2026-10-17", "2026-10-17", "S01", ""), "scale", "只能是 small"),
    ],
)
def test_campaign_that_does_not_fit_is_a_bad_row(
    tmp_path: Path, fields: tuple[str, ...], column: str, reason: str
) -> None:
    """2026-10-10, a Saturday, is a make-up workday of the pack's own calendar."""
    report = load(
        tmp_path, calendar="2026-10-10,makeup_workday", campaigns=CAMPAIGN.format(*fields)
    )
    assert [(each.file, each.line, each.column) for each in report.rejected] == [
        ("campaigns.csv", 2, column)
    ]
    assert reason in report.rejected[0].reason
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("file", "rows", "column"),
    [
        ("stores", "S01,一,2015-01-01,\nS01,二,2015-01-01,", "code"),
        ("calendar", "2026-10-01,holiday\n2026-10-01,makeup_workday", "date"),
        ("staff", "liu,刘,planner,2018-01-01,,1/2\nliu,刘,planner,2018-01-01,,1/4", "username"),
        ("articles", "A1,一,campaign,2026-10-01,1\nA1,一,campaign,2026-10-01,2", "code"),
        ("manuscripts", "M1,employee,一,\nM1,employee,一,2026-10-09", "code"),
        ("fund", "2026-10-01,1,1\n2026-10-01,1,2", "as_of"),
    ],
)
def test_second_row_of_the_same_thing_with_other_contents_is_a_bad_row(
    tmp_path: Path, file: str, rows: str, column: str
) -> None:
    """Which of the two holds? Nobody can know; the last one must not win silently."""
    files: dict[str, Any] = {file: rows}
    report = load(tmp_path, **files)
    rejected = [each for each in report.rejected if each.file == f"{file}.csv"]
    assert [(each.line, each.column) for each in rejected] == [(3, column)]
    assert "第 2 行已有，内容却不同" in rejected[0].reason


def test_second_row_that_says_the_same_is_taken_once(tmp_path: Path) -> None:
    report = load(tmp_path, manuscripts="M1,employee,一,\nM1,employee,一,")
    assert report.rejected == []
    assert Manuscript.objects.count() == 1

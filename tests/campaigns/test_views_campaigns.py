"""The list of campaigns, one campaign, a store-day's lines."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from campaigns.models import Campaign, CampaignResult, Store, StoreDay
from campaigns.services import compute_uplift
from tests.factories.people import make_holder
from tests.web import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client, general_manager: User) -> Client:
    client.force_login(general_manager)
    return client


@pytest.fixture
def chain() -> Campaign:
    return scene.make_chain()


def _codes(client: Client, address: str) -> list[str]:
    return [each.code for each in client.get(address).context["page"]]


def test_list_narrows_by_each_filter_in_the_address(manager: Client) -> None:
    day = date(2026, 9, 8)
    scene.make_campaign("C1", title="感恩周末")
    scene.make_campaign("C2", title="会员日义诊", kind="member_day", start=day, end=day)
    scene.make_campaign("C3", title="秋季大促", scale="large", status="planned")
    assert _codes(manager, "/campaigns/?q=义诊") == ["C2"]
    assert _codes(manager, "/campaigns/?q=c3") == ["C3"]
    assert _codes(manager, "/campaigns/?month=2026-09") == ["C2"]
    assert _codes(manager, "/campaigns/?scale=large") == ["C3"]
    assert _codes(manager, "/campaigns/?kind=member_day") == ["C2"]
    assert _codes(manager, "/campaigns/?status=completed") == ["C1", "C2"]


def test_list_ignores_a_filter_that_cannot_be_understood(manager: Client) -> None:
    scene.make_campaign("C1")
    assert _codes(manager, "/campaigns/?month=2026-99&scale=huge&page=x") == ["C1"]


def test_list_pages_and_keeps_the_filter(manager: Client) -> None:
    for index in range(26):
        scene.make_campaign(f"C{index:02}")
    first = manager.get("/campaigns/?q=C")
    assert len(first.context["page"]) == 25
    assert "?q=C&amp;page=2" in first.content.decode()
    assert _codes(manager, "/campaigns/?q=C&page=2") == ["C25"]


def test_list_is_sorted_as_the_address_says(manager: Client, chain: Campaign) -> None:
    scene.make_campaign("B2", start=date(2026, 9, 5), end=date(2026, 9, 5))
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    assert _codes(manager, "/campaigns/") == ["C1", "B2"]
    assert _codes(manager, "/campaigns/?sort=oldest") == ["B2", "C1"]
    assert _codes(manager, "/campaigns/?sort=code") == ["B2", "C1"]
    assert _codes(manager, "/campaigns/?sort=most") == ["C1", "B2"]
    assert _codes(manager, "/campaigns/?sort=least") == ["C1", "B2"]  # the one without comes last
    assert _codes(manager, "/campaigns/?sort=nonsense") == ["C1", "B2"]


def test_list_is_taken_along_with_its_filter(manager: Client, chain: Campaign) -> None:
    scene.make_campaign("C2", title="会员日义诊")
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    text = manager.get("/campaigns/export.csv?q=C1").content.decode("utf-8-sig")
    head, row = text.splitlines()
    assert head.startswith("编号,名称,开始,结束")
    assert row.startswith("C1,感恩周末 C1,2026-10-17,2026-10-17")
    assert row.endswith(",1460.40")


def test_store_manager_takes_along_no_totals(
    client: Client, store_manager: User, chain: Campaign
) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    client.force_login(store_manager)
    assert "1460.40" not in client.get("/campaigns/export.csv").content.decode()
    stores = client.get("/campaigns/C1/stores.csv").content.decode()
    assert "670.20" in stores
    assert "S02" not in stores
    assert 'name="sort"' not in client.get("/campaigns/").content.decode()


def test_list_tells_none_at_all_from_none_found(manager: Client) -> None:
    assert "还没有活动" in manager.get("/campaigns/").content.decode()
    assert "没有符合条件的活动" in manager.get("/campaigns/?q=x").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    number: int, manager: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        scene.make_campaign(f"C{index}")
    with django_assert_num_queries(6):
        manager.get("/campaigns/")


def test_campaign_without_result_offers_to_compute(manager: Client, chain: Campaign) -> None:
    text = manager.get("/campaigns/C1/").content.decode()
    assert "还没有计算增加值" in text
    assert "/campaigns/C1/compute/" in text


def test_campaign_shows_uplift_baseline_days_and_why_days_were_skipped(
    manager: Client, chain: Campaign
) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    text = manager.get("/campaigns/C1/").content.decode()
    assert "+¥1,460.40" in text
    assert "与前三个周末的平均值比较" in text
    assert "调休上班" in text
    assert "法定节假日" in text
    assert "(¥309.00 + ¥321.60 + ¥334.20) ÷ 3 = ¥321.60" in text
    assert "/campaigns/stores/S01/2026-09-19/" in text


def test_campaign_lists_stores_that_were_left_out(manager: Client, chain: Campaign) -> None:
    chain.stores.add(scene.make_store("S03", "新店"))
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    text = manager.get("/campaigns/C1/").content.decode()
    assert "未计入的门店" in text
    assert "一个合格的基准日也没有找到" in text
    assert "这场活动有 1 个问题会拦住2026年10月的结算" in text


def test_store_table_is_taken_along_with_real_numbers(manager: Client, chain: Campaign) -> None:
    chain.stores.add(scene.make_store("S03", "新店"))
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    answer = manager.get("/campaigns/C1/stores.xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][:5] == ["S01", "解放路店", 991.8, 321.6, 670.2]
    assert rows[2][:5] == ["S03", "新店", None, None, None]
    assert "一个合格的基准日也没有找到" in str(rows[2][5])


def test_store_table_without_a_result_is_refused(manager: Client, chain: Campaign) -> None:
    answer = manager.get("/campaigns/C1/stores.csv")
    assert answer.status_code == 404
    assert "还没有计算增加值" in answer.content.decode()


def test_stores_stand_by_uplift_or_by_code(manager: Client, chain: Campaign) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])

    def codes(address: str) -> list[str]:
        return [store.code for store, _ in manager.get(address).context["stores"]]

    assert codes("/campaigns/C1/") == ["S02", "S01"]
    assert codes("/campaigns/C1/?sort=code") == ["S01", "S02"]


def test_charts_hold_the_figures_of_the_table(manager: Client, chain: Campaign) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    context = manager.get("/campaigns/C1/").context
    actual, baseline = context["chart"]["series"]
    assert context["chart"]["categories"] == ["S02 中山店", "S01 解放路店"]
    assert actual["values"] == ["1171.80", "991.80"]
    assert baseline["values"] == ["381.60", "321.60"]
    days = context["stores"][1][1]
    assert days["line"] == {"name": "基准", "value": "321.60"}
    assert days["series"][0]["values"] == ["309.00", "321.60", "334.20", None, None, None, "991.80"]
    assert days["categories"][4] == "10-3\n法定节假日"


def test_campaign_says_when_the_policy_changed_since(manager: Client, chain: Campaign) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    assert "计算之后制度换过" not in manager.get("/campaigns/C1/").content.decode()
    CampaignResult.objects.update(policy_code="旧制度")
    assert "计算之后制度换过" in manager.get("/campaigns/C1/").content.decode()


def test_campaign_says_when_sales_came_since_until_it_is_computed_again(
    manager: Client, chain: Campaign
) -> None:
    def is_told() -> bool:
        return "计算之后又有销售导入" in manager.get("/campaigns/C1/").content.decode()

    compute_uplift(now=scene.MOMENT, codes=["C1"])
    assert not is_told()
    later = scene.MOMENT + timedelta(hours=1)
    scene.make_import(
        first_date=date(2026, 10, 16), last_date=date(2026, 10, 17), effective_at=later
    )
    assert is_told()
    assert compute_uplift(now=later, codes=["C1"]) == 0
    assert not is_told()


def test_compute_keeps_a_result_and_says_when_nothing_changed(
    manager: Client, chain: Campaign
) -> None:
    first = manager.post("/campaigns/C1/compute/", follow=True)
    assert "已按现在的销售重新计算" in first.content.decode()
    again = manager.post("/campaigns/C1/compute/", follow=True)
    assert "结果与上次相同" in again.content.decode()


def test_compute_by_an_editor_is_forbidden(client: Client, copy: User, chain: Campaign) -> None:
    client.force_login(copy)
    assert client.post("/campaigns/C1/compute/").status_code == 403


def test_campaign_that_does_not_exist_is_not_found(manager: Client) -> None:
    answer = manager.get("/campaigns/NOPE/")
    assert answer.status_code == 404
    assert "没有编号为“NOPE”的活动" in answer.content.decode()


def test_campaign_code_may_hold_any_character(manager: Client) -> None:
    scene.make_campaign("2026/10 #1")
    address = manager.get("/campaigns/").content.decode()
    assert "/campaigns/2026/10%20%231/" in address
    assert manager.get("/campaigns/2026/10%20%231/").status_code == 200


def test_store_manager_sees_the_own_store_s_row_only(
    client: Client, store_manager: User, chain: Campaign
) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    client.force_login(store_manager)
    text = client.get("/campaigns/C1/").content.decode()
    assert "+¥670.20" in text
    assert "S02" not in text
    assert "1,460.40" not in text


def test_store_manager_finds_no_campaign_of_other_stores(client: Client, chain: Campaign) -> None:
    scene.make_store("S09", "别的店")
    client.force_login(make_holder(Role.STORE_MANAGER, store_code="S09"))
    assert _codes(client, "/campaigns/") == []
    assert client.get("/campaigns/C1/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_campaign_asks_a_constant_number_of_queries(
    number: int, manager: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scene.make_calendar()
    stores = [scene.make_store(f"S{index}", f"店{index}") for index in range(number)]
    scene.make_sales(stores)
    scene.make_campaign(stores=stores)
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    with django_assert_num_queries(12):
        manager.get("/campaigns/C1/")
    with django_assert_num_queries(11):  # the computed days are kept
        manager.get("/campaigns/C1/")


def test_a_new_computation_shows_at_once(manager: Client, chain: Campaign) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    before = manager.get("/campaigns/C1/").context["stores"]
    StoreDay.objects.filter(store__code="S01", date=scene.EVENT).update(cost_fen=0)
    assert compute_uplift(now=scene.MOMENT, codes=["C1"])
    after = manager.get("/campaigns/C1/").context
    assert after["stores"] != before
    assert after["result"].document == CampaignResult.objects.get().document


def test_what_is_kept_of_a_campaign_is_held_to_the_own_store(
    client: Client, general_manager: User, store_manager: User, chain: Campaign
) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    for person, stores in ((general_manager, 2), (store_manager, 1), (general_manager, 2)):
        client.force_login(person)
        assert len(client.get("/campaigns/C1/").context["stores"]) == stores


def test_store_day_shows_lines_with_masked_cards_and_their_import(
    manager: Client, chain: Campaign
) -> None:
    text = manager.get("/campaigns/stores/S01/2026-10-17/").content.decode()
    assert "¥991.80" in text
    assert "销售额 ¥3,306.00 − 成本 ¥2,314.20" in text
    assert "1017-1" in text
    assert "5678" in text
    assert scene.CARD not in text
    assert "十月销售.csv" in text


def test_store_of_a_campaign_of_several_days_is_a_door_to_the_first_and_from_there_to_all(
    manager: Client, chain: Campaign
) -> None:
    Campaign.objects.update(end=date(2026, 10, 18))
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    text = manager.get("/campaigns/C1/").content.decode()
    assert re.search(r'data-label="增加"><a [^>]*href="/campaigns/stores/S01/2026-10-17/"', text)
    text = manager.get("/campaigns/stores/S01/2026-10-17/").content.decode()
    assert 'href="/campaigns/stores/S01/2026-10-18/"' in text
    assert 'href="/campaigns/stores/S01/2026-10-17/" aria-current="true"' in text


def test_store_day_without_sales_says_so(manager: Client, chain: Campaign) -> None:
    text = manager.get("/campaigns/stores/S01/2027-01-01/").content.decode()
    assert "这一天没有销售" in text


@pytest.mark.parametrize("address", ["S99/2026-10-17", "S01/2026-02-30", "S01/0000-01-01"])
def test_store_day_that_cannot_be_is_not_found(
    address: str, manager: Client, chain: Campaign
) -> None:
    assert manager.get(f"/campaigns/stores/{address}/").status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_store_day_at_the_ends_of_time_is_shown(day: str, manager: Client, chain: Campaign) -> None:
    assert manager.get(f"/campaigns/stores/S01/{day}/").status_code == 200


def test_store_manager_finds_no_other_store_s_sales(
    client: Client, store_manager: User, chain: Campaign
) -> None:
    client.force_login(store_manager)
    assert client.get("/campaigns/stores/S01/2026-10-17/").status_code == 200
    other = client.get("/campaigns/stores/S02/2026-10-17/")
    unknown = client.get("/campaigns/stores/S99/2026-10-17/")
    assert (other.status_code, unknown.status_code) == (404, 404)


def test_editor_may_not_see_sale_lines(client: Client, copy: User, chain: Campaign) -> None:
    compute_uplift(now=scene.MOMENT, codes=["C1"])
    client.force_login(copy)
    assert client.get("/campaigns/stores/S01/2026-10-17/").status_code == 403
    assert "/campaigns/stores/" not in client.get("/campaigns/C1/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_store_day_asks_a_constant_number_of_queries(
    number: int,
    manager: Client,
    chain: Campaign,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store = Store.objects.get(code="S01")
    for index in range(number):
        scene.make_campaign(f"X{index}", stores=[store])
    with django_assert_num_queries(8):
        manager.get("/campaigns/stores/S01/2026-10-17/")

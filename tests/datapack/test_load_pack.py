"""Loading a pack: idempotent, a file whole or not at all, told in sentences (docs/datapack.md)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.models import Tenure, User
from campaigns.models import Campaign, SaleLine, SalesImport, Store, StoreDay
from content.models import Article
from haitang.datapack.services import load_pack
from haitang.kernel.errors import Invalid
from haitang.policy.models import PolicyVersion
from incentives.models import KpiEvent
from tests.factories.packs import write_pack
from tests.factories.trade import NOW

pytestmark = pytest.mark.django_db(transaction=True)

WHOLE: dict[str, Any] = {
    "policy": '{"code": "小店", "pool_rate": "0.25"}',
    "stores": "S01,解放路店,2015-01-01,\nS02,人民路店,2016-01-01,",
    "calendar": "2026-10-01,holiday",
    "staff": "liu,刘,planner,2018-01-01,,1/3\nli,李,planner,2018-01-01,,2/3",
    "campaigns": "C1,感恩周末,medium,weekend,2026-10-17,2026-10-17,S01;S02,P1,completed,A1",
    "sales": """
        S01,2026-10-17,R1,P1,2,30.00,20.00,6222
        S01,2026-10-17,R1,P1,2,30.00,20.00,6222
        S02,2026-10-17,R1,P2,-1,-15.00,-10.00,
    """,
    "articles": "A1,感恩,campaign,2026-10-15,3000",
    "participants": "C1,6222",
    "reserve_expenses": "2026-10-09,team,80,茶水",
    "kpi_events": "2026-10,it.complaint,1,打印机\n2026-10,it.complaint,1,打印机",
    "manuscripts": "M1,employee,换季,2026-10-09",
    "fund": "2026-10-01,1.00,2.00",
}


def run(path: Path, *flags: str) -> tuple[str, str, int]:
    """``load_pack``: standard output, standard error and exit status."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("load_pack", str(path), *flags, stdout=out, stderr=err)
    except SystemExit as stop:
        return out.getvalue(), err.getvalue(), int(str(stop.code))
    return out.getvalue(), err.getvalue(), 0


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of what a pack brings, but the moments at which it came."""
    models = [
        model
        for label in ("accounts", "policy", "content", "campaigns", "incentives")
        for model in apps.get_app_config(label).get_models()
    ]
    return {model.__name__: list(rows(model)) for model in models}


def rows(model: Any) -> Iterator[dict[str, Any]]:
    yield from model._default_manager.order_by("pk").values()


def test_same_pack_twice_changes_nothing(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", **WHOLE)
    out, err, status = run(pack)
    assert (err, status) == ("", 0)
    assert len(out.splitlines()) == 12
    before = everything()
    assert len(before["SaleLine"]) == 3
    assert len(before["KpiEvent"]) == 2

    out, err, status = run(pack)

    assert (err, status) == ("", 0)
    assert all(line.endswith("没有变化。") for line in out.splitlines())
    assert everything() == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_pack_may_come_from_excel(tmp_path: Path, encoding: str) -> None:
    pack = write_pack(tmp_path / "pack", encoding=encoding, **WHOLE)
    sales = (pack / "sales.csv").read_text(encoding=encoding)
    chinese = "会员卡号,成本金额,销售金额,数量,商品编码,小票号,销售日期,门店编码,收银员\n"
    lines = [",".join([*reversed(line.split(",")), "某"]) for line in sales.splitlines()[1:]]
    (pack / "sales.csv").write_text(chinese + "\n".join(lines) + "\n", encoding=encoding)
    assert run(pack)[1:] == ("", 0)
    assert Store.objects.get(code="S01").name == "解放路店"
    assert PolicyVersion.objects.get().code == "小店"
    day = StoreDay.objects.get(store__code="S01")
    assert (day.lines, day.customers, day.amount_fen, day.cost_fen) == (2, 1, 6000, 4000)


def test_zip_of_the_folder_is_the_same_pack(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "药堂", **WHOLE)
    run(pack)
    before = everything()
    path = tmp_path / "药堂.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(pack.iterdir()):
            archive.write(file, f"药堂/{file.name}")
    out, _, status = run(path)
    assert status == 0
    assert out.count("没有变化") == 12
    assert everything() == before


def test_every_file_but_the_stores_is_optional(tmp_path: Path) -> None:
    out, _, status = run(write_pack(tmp_path / "pack"))
    assert (len(out.splitlines()), status) == (1, 0)
    (tmp_path / "pack" / "stores.csv").unlink()
    out, err, status = run(tmp_path / "pack")
    assert (out, status) == ("", 2)
    assert "没有 stores.csv" in err


def test_bad_row_keeps_its_whole_file_out_and_the_others_in(tmp_path: Path) -> None:
    pack = write_pack(
        tmp_path / "pack",
        articles="A1,一,campaign,2026-10-01,1\nA2,二,campaign,2018-02-29,1\nA3,三,x,2026-10-01,1",
        kpi_events="2026-10,it.complaint,1,",
    )
    out, err, status = run(pack)
    assert status == 2
    assert "articles.csv：2 处有误，整个文件没有载入。" in out
    assert "articles.csv 第 3 行 published_on = “2018-02-29”：没有这一天。" in err
    assert "articles.csv 第 4 行 category = “x”" in err
    assert "请改正后重新载入" in err
    assert not Article.objects.exists()
    assert KpiEvent.objects.count() == 1
    assert not (tmp_path / "pack.rejected").exists()


def test_skipping_bad_rows_loads_the_rest_and_writes_them_beside_the_pack(tmp_path: Path) -> None:
    pack = write_pack(
        tmp_path / "pack", articles="A1,一,campaign,2026-10-01,1\nA2,二,campaign,2018-02-29,1"
    )
    out, err, status = run(pack, "--skip-bad-rows")
    assert status == 0
    assert [article.code for article in Article.objects.all()] == ["A1"]
    assert "articles.csv 第 3 行" in err
    assert str(tmp_path / "pack.rejected") in out
    assert (tmp_path / "pack.rejected" / "articles.csv").read_text(encoding="utf-8-sig") == (
        "code,title,category,published_on,reads,行号,出错的列,原因\n"
        "A2,二,campaign,2018-02-29,1,3,published_on,没有这一天。\n"
    )


def test_bad_sale_line_keeps_the_sales_out_until_bad_rows_are_skipped(tmp_path: Path) -> None:
    pack = write_pack(
        tmp_path / "pack",
        sales="S01,2026-10-17,R1,P1,1,10,5,\nS09,2026-10-17,R2,P1,1,10,5,",
    )
    _, err, status = run(pack)
    assert status == 2
    assert "sales.csv 第 3 行" in err
    assert "S09" in err
    assert not SaleLine.objects.filter(store_day__is_active=True).exists()

    assert run(pack, "--skip-bad-rows")[2] == 0
    assert StoreDay.objects.get(is_active=True).lines == 1
    rejected = (tmp_path / "pack.rejected" / "sales.csv").read_text(encoding="utf-8-sig")
    assert "S09" in rejected


def test_later_sales_file_replaces_the_store_days_it_mentions(tmp_path: Path) -> None:
    """The corrected day has one line instead of two; the other store's day stays."""
    run(write_pack(tmp_path / "pack", **WHOLE))
    run(write_pack(tmp_path / "later", sales="S01,2026-10-17,R9,P1,1,8.00,3.00,"))
    active = StoreDay.objects.filter(is_active=True).order_by("store__code")
    assert [(day.store.code, day.lines, day.amount_fen) for day in active] == [
        ("S01", 1, 800),
        ("S02", 1, -1500),
    ]
    assert SalesImport.objects.filter(state="done").count() == 2


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ('{"pool_rate": "0.2",}', "policy.json 第 1 行不是正确的 JSON"),
        ('["0.2"]', "应当是一个 { … } 对象"),
        ('{"pool_rate": "2"}', "提取比例必须在 0 与 1 之间"),
        ('{"member_days": 8}', "会员日"),
        ('{"options": {"cuts": "both"}}', "选项“cuts”不能是“both”"),
    ],
)
def test_policy_that_cannot_be_used_is_told_and_not_published(
    tmp_path: Path, policy: str, words: str
) -> None:
    _, err, status = run(write_pack(tmp_path / "pack", policy=policy))
    assert status == 2
    assert words in err
    assert not PolicyVersion.objects.exists()


def test_file_without_its_columns_is_told_and_the_rest_loaded(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", staff="liu,刘,planner,2018-01-01,,1")
    (pack / "campaigns.csv").write_text("code,title\nC1,x\n", encoding="utf-8")
    _, err, status = run(pack)
    assert status == 2
    assert "campaigns.csv 缺少列" in err
    assert Tenure.objects.count() == 1
    assert not Campaign.objects.exists()


def test_who_loaded_is_kept(tmp_path: Path, administrator: User) -> None:
    pack = write_pack(tmp_path / "pack", **WHOLE)
    report = load_pack(path=pack, by=administrator, now=NOW)
    assert report.ok
    assert report.changed
    assert {each.recorded_by for each in KpiEvent.objects.all()} == {administrator}
    assert PolicyVersion.objects.get().recorded_by == administrator


def test_no_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="找不到数据包"):
        load_pack(path=tmp_path / "nothing", now=NOW)
    assert run(tmp_path / "nothing")[2] == 2

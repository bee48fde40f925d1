from __future__ import annotations

from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.imports import services
from campaigns.imports.mapping import STANDARD, parse
from campaigns.imports.previews import preview
from campaigns.models import SalesImport, Store, StoreDay
from haitang.kernel.errors import Conflict, Invalid
from haitang.kernel.jobs import run_pending
from haitang.kernel.models import Job
from tests.campaigns.imports.conftest import WriteCsv
from tests.campaigns.imports.parts import BY_CARD, EXPORT, LINE


def call(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_import_sales_command_says_what_became_of_the_rows(
    write_csv: WriteCsv, stores: list[Store], tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    rows = [LINE] + [f"S01,2018-02-29,R{n},P,1,1,1," for n in range(12)]
    path = write_csv(*rows)
    said = call("import_sales", str(path), "--rejects", str(rejects))
    assert "读到 13 行，接受 1 行，拒收 12 行" in said
    assert "2026-10-17 至 2026-10-17，1 个门店日，销售额 ¥10.00" in said
    assert "第 3 行“date”列的“2018-02-29”：没有 2018 年 2 月 29 日这一天" in said
    assert "其余 2 行" in said
    assert rejects.read_text(encoding="utf-8-sig").count("2018-02-29") == 12
    assert "已经导入过" in call("import_sales", str(path))
    assert "已经导入过" not in call("import_sales", str(path), "--again")


def test_import_sales_command_ends_with_2_for_an_unusable_file(
    tmp_path: Path, stores: list[Store]
) -> None:
    with pytest.raises(CommandError, match="找不到文件") as error:
        call("import_sales", str(tmp_path / "none.csv"))
    assert error.value.returncode == 2


def test_withdraw_import_command_takes_it_out(write_csv: WriteCsv, stores: list[Store]) -> None:
    call("import_sales", str(write_csv(LINE)))
    done = SalesImport.objects.get()
    said = call("withdraw_import", str(done.pk), "--reason", "传错了")
    assert "已撤回：0 个门店日恢复为之前的版本，1 个门店日现在没有销售" in said
    with pytest.raises(CommandError, match="只有已生效的导入可以撤回"):
        call("withdraw_import", str(done.pk), "--reason", "传错了")
    with pytest.raises(CommandError, match="没有编号为 0 的销售导入"):
        call("withdraw_import", "0", "--reason", "传错了")


def submit(path: Path, now: datetime, *, again: bool = False) -> SalesImport:
    with path.open("rb") as content:
        return services.submit_import(
            content=content, name=path.name, by=None, now=now, again=again
        )


def test_submitted_file_is_imported_by_a_job(
    write_csv: WriteCsv, stores: list[Store], now: datetime
) -> None:
    waiting = submit(write_csv(LINE, "S01,,R,P,1,1,1,"), now)
    assert waiting.state == SalesImport.State.WAITING
    run_pending(now=lambda: now)
    job = Job.objects.get(kind="import_sales")
    assert (job.state, job.error) == (Job.State.DONE, "")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lines_accepted, waiting.lines_refused) == ("done", 1, 1)
    before = waiting.effect_number
    services.run_import(import_id=waiting.pk, now=now, report=lambda *told: None)
    waiting.refresh_from_db()
    assert waiting.effect_number == before
    assert StoreDay.objects.count() == 1


def test_submitted_file_that_counts_already_is_refused_unless_again(
    write_csv: WriteCsv, stores: list[Store], now: datetime
) -> None:
    path = write_csv(LINE)
    submit(path, now)
    run_pending(now=lambda: now)
    second = submit(path, now)
    with pytest.raises(Conflict, match="已经导入过"):
        services.run_import(import_id=second.pk, now=now, report=lambda *told: None)
    second.refresh_from_db()
    assert second.state == SalesImport.State.FAILED
    third = submit(path, now, again=True)
    services.run_import(import_id=third.pk, now=now, report=lambda *told: None, again=True)
    assert StoreDay.objects.get(is_active=True).sales_import_id == third.pk


def test_unexpected_error_leaves_nothing_and_can_be_tried_again(
    write_csv: WriteCsv, stores: list[Store], now: datetime
) -> None:
    class Broken(Exception):
        pass

    def report(done: int, total: int, note: str) -> None:
        raise Broken

    waiting = submit(write_csv(LINE), now)
    with pytest.raises(Broken):
        services.run_import(import_id=waiting.pk, now=now, report=report)
    waiting.refresh_from_db()
    assert waiting.state == SalesImport.State.FAILED
    assert "没有任何数据生效" in waiting.error
    assert not StoreDay.objects.exists()
    services.run_import(import_id=waiting.pk, now=now, report=lambda *told: None)
    assert StoreDay.objects.get().is_active


@pytest.mark.parametrize("name", ["", " ", "标准", "长" * 61])
def test_mapping_name_is_checked(db: None, now: datetime, name: str) -> None:
    with pytest.raises(Invalid, match="映射名称"):
        services.save_mapping(name=name, document=BY_CARD, by=None, now=now)


def test_preview_shows_rows_as_read_and_as_understood(
    write_csv: WriteCsv, stores: list[Store]
) -> None:
    rows = [f"2026-10-{day:02d},M{day},P,品,1,0,3.50" for day in range(1, 28)]
    path = write_csv("2018-02-29,M,P,品,1,0,1", *rows, header=",".join(EXPORT))
    shown = preview(path, parse(BY_CARD), name="a.csv")
    assert (shown.format, shown.headers, shown.faults) == ("CSV（UTF-8）", EXPORT, [])
    assert len(shown.rows) == 20
    first, second = shown.rows[:2]
    assert first.values is None
    assert "没有 2018 年 2 月 29 日这一天" in first.problem
    assert (second.line, second.cells[1]) == (3, "M1")
    assert second.values == {
        "store": "S01",
        "date": "2026-10-01",
        "receipt": "按卡和日",
        "item": "P",
        "quantity": "1",
        "amount": "3.50",
        "cost": "2.52",
        "member": "M1",
    }


def test_preview_with_a_mapping_that_does_not_fit_still_shows_the_rows(
    write_csv: WriteCsv, stores: list[Store]
) -> None:
    path = write_csv("2026-10-01,M,P,品,1,0,3.50", header=",".join(EXPORT))
    shown = preview(path, STANDARD)
    assert len(shown.faults) == 6
    assert shown.rows[0].cells[6] == "3.50"
    assert shown.guessed["columns"]["amount"] == "实收金额"

"""The watched folder, the nightly jobs and their commands."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from campaigns import inbox
from campaigns.imports.leasing import import_lease
from campaigns.imports.services import import_sales
from campaigns.models import CampaignResult, SalesImport, Store, StoreDay
from campaigns.tasks import nightly_job
from haitang.kernel import jobs, leases
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Conflict
from haitang.kernel.files import open_file
from haitang.kernel.models import Job

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "store,date,receipt,item,quantity,amount,cost\n"
LINE = "S01,2026-10-01,R1,A,1,12.50,8.00\n"


@pytest.fixture
def folder(settings: Settings) -> Path:
    Store.objects.create(code="S01", name="一店", opened_on="2018-01-01")
    path = Path(settings.SALES_INBOX)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def later() -> datetime:
    """A moment at which files written just now have been still for long enough."""
    return datetime.fromtimestamp(time.time(), tz=SHANGHAI) + timedelta(seconds=11)


def drop(folder: Path, name: str, content: str = HEADER + LINE) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def counted() -> list[int]:
    return list(StoreDay.objects.filter(is_active=True).values_list("amount_fen", flat=True))


# --- the watched folder ----------------------------------------------------------------------


def test_pull_sales_imports_a_file_and_keeps_it_encrypted(folder: Path, later: datetime) -> None:
    drop(folder, "十月.csv")
    pulled = inbox.pull_sales(now=later)
    assert (pulled.imported, pulled.refused, pulled.left) == (["十月.csv"], [], [])
    assert names(folder) == []
    kept = SalesImport.objects.get().file
    assert kept
    assert kept.name == "十月.csv"
    assert open_file(kept).read().decode() == HEADER + LINE
    assert counted() == [1250]


def test_pull_sales_without_a_folder_does_nothing(settings: Settings, later: datetime) -> None:
    settings.SALES_INBOX = Path(settings.SALES_INBOX) / "nowhere"
    assert inbox.pull_sales(now=later) == inbox.Pulled()


def test_pull_sales_refuses_a_bad_file_with_its_reason(folder: Path, later: datetime) -> None:
    drop(folder, "a坏.csv", "甲,乙\n1,2\n")
    drop(folder, "b好.csv")
    pulled = inbox.pull_sales(now=later)
    assert (pulled.imported, pulled.refused) == (["b好.csv"], ["a坏.csv"])
    assert names(folder / "refused") == ["a坏.csv", "a坏.csv.原因.txt"]
    reason = (folder / "refused" / "a坏.csv.原因.txt").read_text(encoding="utf-8-sig")
    assert reason.startswith("a坏.csv\n")
    assert "列" in reason


def test_pull_sales_leaves_a_file_that_changed_within_ten_seconds(
    folder: Path, later: datetime
) -> None:
    path = drop(folder, "十月.csv")
    os.utime(path, (0, 0))  # copying tools set the old time on a file that has just arrived
    assert inbox.pull_sales(now=later - timedelta(seconds=5)).left == ["十月.csv"]
    assert path.exists()
    assert inbox.pull_sales(now=later).imported == ["十月.csv"]


@pytest.mark.parametrize("name", [".十月.csv", "~$十月.xlsx", "十月.csv.part", "说明.txt"])
def test_pull_sales_ignores_unfinished_and_other_files(
    folder: Path, later: datetime, name: str
) -> None:
    drop(folder, name)
    assert inbox.pull_sales(now=later) == inbox.Pulled()
    assert names(folder) == [name]


def test_pull_sales_after_a_crash_before_the_move_counts_once(
    folder: Path, later: datetime
) -> None:
    path = drop(folder, "十月.csv")
    import_sales(path=path, name=path.name, mapping_name=None, by=None, now=later)
    assert inbox.pull_sales(now=later).imported == ["十月.csv"]
    assert SalesImport.objects.count() == 1
    assert counted() == [1250]


def test_pull_sales_keeps_every_file_of_one_name(folder: Path, later: datetime) -> None:
    for amount in ("12.50", "13.50", "14.50"):
        drop(folder, "十月.csv", HEADER + LINE.replace("12.50", amount))
        inbox.pull_sales(now=later)
    kept = SalesImport.objects.values_list("file__name", "file__digest")
    assert {name for name, _ in kept} == {"十月.csv"}
    assert len(set(kept)) == 3
    assert counted() == [1450]


def test_pull_sales_never_overwrites_a_refused_file(folder: Path, later: datetime) -> None:
    for cell in "123":
        drop(folder, "十月.csv", f"甲,乙\n{cell},2\n")
        inbox.pull_sales(now=later)
    refused = {path.read_text() for path in (folder / "refused").glob("*.csv")}
    assert len(refused) == 3


def test_pull_sales_while_another_import_runs_leaves_the_file(
    folder: Path, later: datetime
) -> None:
    drop(folder, "十月.csv")
    with import_lease():
        assert inbox.pull_sales(now=later).left == ["十月.csv"]
    assert inbox.pull_sales(now=later).imported == ["十月.csv"]


def test_pull_sales_beside_another_pull_is_refused(folder: Path, later: datetime) -> None:
    with leases.hold("sales-inbox"), pytest.raises(Conflict, match="另一次拉取"):
        inbox.pull_sales(now=later)


def test_pull_sales_file_that_fails_does_not_hinder_the_others(
    folder: Path, later: datetime
) -> None:
    (folder / "refused").write_text("不是文件夹", encoding="utf-8")
    drop(folder, "a.csv", "甲,乙\n1,2\n")
    drop(folder, "b.csv")
    with pytest.raises(FileExistsError):
        inbox.pull_sales(now=later)
    assert names(folder) == ["a.csv", "refused"]
    assert SalesImport.objects.get().file_name == "b.csv"


# --- jobs ------------------------------------------------------------------------------------


def test_nightly_job_is_one_a_business_day() -> None:
    # 02:00 in Shanghai is the evening before in UTC; the business day is Shanghai's.
    night = datetime(2026, 11, 3, 2, 0, tzinfo=SHANGHAI)
    first = nightly_job("pull_sales", now=night)
    assert nightly_job("pull_sales", now=night + timedelta(hours=21)) == first
    assert nightly_job("pull_sales", now=night + timedelta(days=1)) != first
    assert first.key == "pull_sales:2026-11-03"


def test_pull_sales_job_that_imports_makes_uplifts_due(folder: Path, later: datetime) -> None:
    drop(folder, "十月.csv")
    jobs.enqueue(kind="pull_sales", payload={}, by=None, now=later, wake=False)
    assert jobs.run_pending(now=lambda: later) == 2
    states = dict(Job.objects.values_list("kind", "state"))
    assert states == {"pull_sales": "done", "compute_uplift": "done"}
    assert jobs.run_pending(now=lambda: later) == 0


def test_pull_sales_job_with_nothing_to_import_stops_there(folder: Path, later: datetime) -> None:
    jobs.enqueue(kind="pull_sales", payload={}, by=None, now=later, wake=False)
    assert jobs.run_pending(now=lambda: later) == 1


def test_pull_sales_command_says_what_became_of_the_files(folder: Path) -> None:
    drop(folder, "十月.csv")
    out = StringIO()
    call_command("pull_sales", stdout=out)
    assert "导入 0 个，拒收 0 个，留待下次 1 个" in out.getvalue()
    assert "留待下次：十月.csv" in out.getvalue()


def test_compute_uplift_command_without_campaigns_changes_nothing() -> None:
    out = StringIO()
    call_command("compute_uplift", stdout=out)
    assert "0 个活动的结果有更新" in out.getvalue()
    assert not CampaignResult.objects.exists()


def test_compute_uplift_command_unknown_code_is_refused_with_its_sentence() -> None:
    with pytest.raises(CommandError, match="没有编号为 C99 的活动"):
        call_command("compute_uplift", "C99")


def test_compute_uplift_command_in_the_background_leaves_a_row() -> None:
    out = StringIO()
    call_command("compute_uplift", "C01", "--background", stdout=out)
    job = Job.objects.get()
    assert (job.state, job.payload) == ("queued", {"codes": ["C01"]})
    assert f"#{job.pk}" in out.getvalue()

"""Packs that come through the page: kept sealed, loaded by a worker, told as the job's result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db.models import QuerySet

from accounts.models import User
from haitang.datapack.contents import KINDS
from haitang.datapack.reports import FileReport, LoadReport, Rejected
from haitang.datapack.services import REQUIRED, load_files
from haitang.datapack.tables import unpacked
from haitang.kernel import files, jobs, sheets
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.jobs import JobContext, Result
from haitang.kernel.models import Job, StoredFile

KIND = "load_pack"
MOST_REJECTED = 2000  # rows that the result keeps; who has more mends these first


@dataclass(frozen=True)
class LoadedFile:
    """One file of a load: its rows, how many changed anything, how many were refused."""

    file: str
    rows: int
    changed: int
    rejected: int
    loaded: bool


@dataclass(frozen=True)
class Loaded:
    """A load as its page shows it; ``files`` and what follows only once it is done."""

    job: Job
    name: str
    skip_bad_rows: bool
    files: tuple[LoadedFile, ...]
    rejected: tuple[Rejected, ...]
    rejected_count: int
    differing: tuple[str, ...]

    @property
    def under_way(self) -> bool:
        return self.job.state in (Job.State.QUEUED, Job.State.RUNNING)

    @property
    def is_whole(self) -> bool:
        """Whether every file was loaded."""
        return all(each.loaded for each in self.files)


def submit_pack(*, file: IO[bytes], name: str, skip_bad_rows: bool, by: User, now: datetime) -> Job:
    """Keep a .zip and leave its loading to a worker; Invalid for what is no .zip by its name."""
    if not name.lower().endswith(".zip"):
        raise Invalid(f"“{name}”不是 .zip：请把各个 CSV 文件压缩成一个 .zip 再上传。")
    stored = files.store_file(name=name, content=file, by=by, now=now)
    payload = {"file": stored.pk, "name": stored.name, "skip_bad_rows": skip_bad_rows}
    return jobs.enqueue(kind=KIND, payload=payload, by=by, now=now)


def load_uploaded(context: JobContext) -> Result:
    """What the job does; loading is idempotent, so a second try after a kill is none the worse."""
    payload = context.payload
    stored = StoredFile.objects.get(pk=payload["file"])
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        context.report(len(told), len(KINDS), line)

    with files.open_file(stored) as archive, unpacked(archive, name=stored.name) as found:
        if REQUIRED not in found:
            raise Invalid(f"{stored.name} 里没有 {REQUIRED}：门店文件是必需的，请加上再上传。")
        done = load_files(
            files=found,
            name=Path(stored.name).stem,
            now=context.now,
            by=context.job.created_by,
            skip_bad_rows=payload["skip_bad_rows"],
            report=tell,
        )
    return _kept(done)


def load_of(pk: int) -> Loaded:
    """That load, or NotThere."""
    job = Job.objects.filter(kind=KIND, pk=pk).select_related("created_by").first()
    if job is None:
        raise NotThere(f"没有第 {pk} 号数据包：请从数据包页里再找一次。")
    result = job.result or {}
    return Loaded(
        job=job,
        name=job.payload["name"],
        skip_bad_rows=job.payload["skip_bad_rows"],
        files=tuple(LoadedFile(**each) for each in result.get("files", ())),
        rejected=tuple(Rejected(**each) for each in result.get("rejected", ())),
        rejected_count=result.get("rejected_count", 0),
        differing=tuple(result.get("differing", ())),
    )


def loads() -> QuerySet[Job]:
    """The loads, newest first, without what came of them."""
    return (
        Job.objects.filter(kind=KIND).select_related("created_by").defer("result").order_by("-id")
    )


def rejected_csv(loaded: Loaded) -> bytes:
    """The refused rows with their reasons, for Excel."""
    return sheets.csv_bytes(
        ["文件", "行号", "列", "值", "原因"],
        (
            [each.file, each.line or "", each.column, each.value, each.reason]
            for each in loaded.rejected
        ),
    )


def _kept(done: LoadReport) -> Result:
    rows = done.rejected
    return {
        "files": [asdict(_counted(each)) for each in done.files],
        "rejected": [asdict(each) for each in rows[:MOST_REJECTED]],
        "rejected_count": len(rows),
        "differing": list(done.differing),
    }


def _counted(each: FileReport) -> LoadedFile:
    return LoadedFile(each.file, each.rows, each.changed, len(each.rejected), each.loaded)

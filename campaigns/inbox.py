"""The watched folder: sales files that a till system drops are imported and moved aside.

``SALES_INBOX`` holds the new files. An imported one is kept as uploads are, encrypted, and goes
from the folder: it names members' cards. One that could not be used goes as it is to ``refused/``
with a ``.原因.txt`` beside it, for a person to mend. A crash between the import and the removal
imports the file again at the next pull; the import knows it by its digest, so that nothing counts
twice.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from accounts.models import User
from campaigns.models import SalesImport
from haitang.kernel import leases
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.errors import Conflict, Refusal
from haitang.kernel.files import store_file

logger = logging.getLogger(__name__)

# A file that changed more recently may still be being written.
STILL = timedelta(seconds=10)
SUFFIXES = {".csv", ".xlsx"}
UNFINISHED = (".", "~$")
REFUSED = "refused"

Report = Callable[[int, int, str], None]


@dataclass
class Pulled:
    """What became of the files, by name."""

    imported: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def pull_sales(*, now: datetime, by: User | None = None, report: Report | None = None) -> Pulled:
    """Import every finished file of the folder, in the order of their names.

    Left for the next pull: files that changed within 10 seconds, and those that another import
    keeps waiting. Raises Conflict when another pull is at work. A file that fails for a reason
    nobody foresaw stays where it is and does not hinder the others; its error is raised in the
    end, so that the job is tried again.
    """
    with leases.hold("sales-inbox") as held:
        if not held:
            raise Conflict("另一次拉取正在进行：请等它结束后再拉取。")
        return _pull(now=now, by=by, report=report)


def _pull(*, now: datetime, by: User | None, report: Report | None) -> Pulled:
    pulled = Pulled()
    failure: Exception | None = None
    files = sales_files(Path(settings.SALES_INBOX))
    for path in files:
        try:
            _take(path, pulled, now=now, by=by, report=report)
        except (
            OSError,
            RuntimeError,
            ValueError,
            TypeError,
            LookupError,
            ArithmeticError,
        ) as error:
            logger.exception("sales file %s failed", path)
            failure = failure or error
    if failure:
        raise failure
    return pulled


def sales_files(folder: Path) -> list[Path]:
    """The sales files of the folder itself, by name; hidden and temporary ones are none."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith(UNFINISHED)
        and path.is_file()
    )


def _take(
    path: Path, pulled: Pulled, *, now: datetime, by: User | None, report: Report | None
) -> None:
    """Import one file and move it to where it belongs."""
    from campaigns.imports.services import import_sales

    before = _state(path)
    if not _is_still(path, now=now):
        pulled.left.append(path.name)
        return
    try:
        taken = import_sales(
            path=path,
            name=path.name,
            mapping_name=settings.SALES_INBOX_MAPPING or None,
            by=by,
            now=now,
            report=_about(path, report),
        )
    except Conflict as refusal:
        logger.info("sales file %s waits: %s", path.name, refusal)
        pulled.left.append(path.name)
        return
    except Refusal as refusal:
        _refuse(path, str(refusal), pulled, now=now)
        return
    if taken.state == SalesImport.State.FAILED:
        _refuse(path, taken.error, pulled, now=now)
    elif _state(path) != before:
        # It grew while it was read: what was read counts until the next pull replaces it.
        pulled.left.append(path.name)
    else:
        _keep(path, taken, by=by, now=now)
        pulled.imported.append(path.name)


def _keep(path: Path, taken: SalesImport, *, by: User | None, now: datetime) -> None:
    """The file's content goes to the kept files, once; then it leaves the folder."""
    if taken.file is None:
        with path.open("rb") as content:
            taken.file = store_file(name=path.name, content=content, by=by, now=now)
        taken.save(update_fields=["file"])
    path.unlink()
    _fsync(path.parent)


def _about(path: Path, report: Report | None) -> Report | None:
    """The report of one file's import, with its name."""
    if report is None:
        return None
    return lambda done, total, note: report(done, total, f"{path.name}：{note}")


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _is_still(path: Path, *, now: datetime) -> bool:
    """Nobody wrote to it lately; the inode's time counts too, since copying tools set the other."""
    stat = path.stat()
    return max(stat.st_mtime, stat.st_ctime) <= (now - STILL).timestamp()


def _refuse(path: Path, reason: str, pulled: Pulled, *, now: datetime) -> None:
    """The reason is written first: a file in ``refused/`` always has one."""
    target = _free_name(path, now=now)
    text = f"{path.name}\n{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}\n\n{reason}\n"
    target.with_name(f"{target.name}.原因.txt").write_text(text, encoding="utf-8-sig")
    _move(path, target)
    pulled.refused.append(path.name)


def _free_name(path: Path, *, now: datetime) -> Path:
    """Where the file goes; a name that is taken gets the moment, so that nothing is overwritten."""
    target = path.parent / REFUSED / path.name
    target.parent.mkdir(exist_ok=True)
    if not target.exists():
        return target
    moment = f"{now.astimezone(SHANGHAI):%Y%m%d-%H%M%S}"
    number = 1
    while target.exists():
        end = f"-{number}" if number > 1 else ""
        target = target.with_name(f"{path.stem}.{moment}{end}{path.suffix}")
        number += 1
    return target


def _move(path: Path, target: Path) -> None:
    os.replace(path, target)
    _fsync(target.parent)


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The audit trail as people search, verify and export it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.functional import cached_property

from accounts.models import User
from haitang.kernel import audit, sheets
from haitang.kernel.clock import SHANGHAI
from haitang.kernel.masking import masked_numbers
from haitang.kernel.models import AuditEntry
from haitang.web.acts import act_name, object_kind

if TYPE_CHECKING:
    EntryPaginator = Paginator[AuditEntry]
else:
    EntryPaginator = Paginator

STREAM = "audit"
NEWEST_FIRST = ("-at", "-pk")


@dataclass(frozen=True)
class AuditSearch:
    """Filters; empty ones narrow nothing. ``text`` is looked for in names, numbers and details."""

    person: int | None = None
    act: str = ""
    object_type: str = ""
    object_id: str = ""
    text: str = ""
    first: date | None = None
    last: date | None = None

    def facts(self) -> dict[str, Any]:
        """The filters that narrow, for the trail's own entry about an export."""
        given = {
            "person": self.person,
            "act": self.act,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "text": masked_numbers(self.text),
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
        }
        return {name: value for name, value in given.items() if value not in (None, "")}


def entries_found(search: AuditSearch) -> QuerySet[AuditEntry]:
    """The entries that fit, the latest first."""
    found = AuditEntry.objects.order_by(*NEWEST_FIRST)
    if search.person:
        found = found.filter(Q(actor_id=search.person) | Q(details__on_behalf_of_id=search.person))
    if search.act:
        found = found.filter(act=search.act)
    if search.object_type:
        found = found.filter(object_type=search.object_type)
    if search.object_id:
        found = found.filter(object_id=search.object_id)
    if search.first:
        found = found.filter(at__gte=_midnight(search.first))
    if search.last and search.last < date.max:
        found = found.filter(at__lt=_midnight(search.last + timedelta(days=1)))
    if search.text:
        # SQLite keeps JSON with \\u escapes, PostgreSQL as it is read.
        kept = json.dumps(search.text, ensure_ascii=connection.vendor == "sqlite")[1:-1]
        found = found.annotate(words=Cast("details", TextField())).filter(
            _has("object_name", search.text)
            | _has("object_id", search.text)
            | _has("actor_name", search.text)
            | _has("words", kept)
        )
    return found


def _has(field: str, text: str) -> Q:
    """The field contains the text; PostgreSQL looks at capitals only for a text that has them."""
    has_case = text.upper() != text.lower()
    return Q(**{f"{field}__{'icontains' if has_case else 'contains'}": text})


def pages_found(search: AuditSearch, size: int) -> EntryPaginator:
    """The entries that fit, the latest first, in pages of so many."""
    return (_PagesOfKeys if search.text else _Pages)(entries_found(search), size)


class _Pages(EntryPaginator):
    """Pages beyond the middle are counted from the end: the last costs what the first does."""

    def page(self, number: int | str) -> Page[AuditEntry]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        stop = min(start + self.per_page, self.count)
        found: Any = self.object_list
        if start * 2 <= self.count:
            return Page(list(found[start:stop]), number, self)
        from_the_end = found.reverse()[self.count - stop : self.count - start]
        return Page(list(from_the_end)[::-1], number, self)


class _PagesOfKeys(EntryPaginator):
    """A text is looked for in every entry: once for its keys, instead of to count and to page.

    In the order in which they lie in the database; by their time they are sorted here, since the
    database would fetch entry by entry along the index of the times.
    """

    @cached_property
    def keys(self) -> list[int]:
        found: Any = self.object_list
        by_time = sorted(found.order_by().values_list("at", "pk"), reverse=True)
        return [pk for _, pk in by_time]

    @cached_property
    def count(self) -> int:
        return len(self.keys)

    def page(self, number: int | str) -> Page[AuditEntry]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        chosen = AuditEntry.objects.filter(pk__in=self.keys[start : start + self.per_page])
        return Page(list(chosen.order_by(*NEWEST_FIRST)), number, self)


def last_verification() -> AuditEntry | None:
    """The entry of the last verification: when, by whom, with which result."""
    return AuditEntry.objects.filter(stream=STREAM, act="verify_audit").order_by("-number").first()


def verify_trail(*, by: User, now: datetime) -> list[str]:
    """Check every chain; the result is an entry itself. Returns what is broken, as sentences."""
    broken = [f"“{found.stream}”的第 {found.number} 条：{found.reason}" for found in audit.verify()]
    if audit.unprotected():
        broken.append("数据库里防改的触发器不全：请运行 manage.py migrate，并查明是谁去掉的。")
    with transaction.atomic():
        audit.record(
            stream=STREAM,
            act="verify_audit",
            object_type="audit",
            object_name="全部操作记录",
            by=by,
            now=now,
            details={"entries": AuditEntry.objects.count(), "broken": broken},
        )
    return broken


def export_trail(*, search: AuditSearch, by: User, now: datetime) -> Iterator[str]:
    """The entries that fit as a CSV file for Excel, piece by piece; the export is an act.

    The act is recorded before the first piece leaves.
    """
    found = entries_found(search)
    newest = found.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        audit.record(
            stream=STREAM,
            act="export_audit",
            object_type="audit",
            object_name="操作记录",
            by=by,
            now=now,
            details={"filters": search.facts(), "entries": found.count()},
        )
    return _lines(found.filter(pk__lte=newest))


def _lines(found: QuerySet[AuditEntry]) -> Iterator[str]:
    head = [
        "时间",
        "操作人",
        "代",
        "操作",
        "对象种类",
        "对象编号",
        "对象",
        "内容",
        "流",
        "序号",
        "摘要",
    ]
    yield "\ufeff" + _line(head)
    for entry in found.iterator(2_000):
        yield _line(
            [
                f"{entry.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                entry.actor_name,
                str(entry.details.get("on_behalf_of", "")),
                act_name(entry.act),
                object_kind(entry.object_type),
                entry.object_id,
                entry.object_name,
                json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
                entry.stream,
                str(entry.number),
                entry.hash,
            ]
        )


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([sheets.plain(cell) for cell in cells])
    return buffer.getvalue()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)

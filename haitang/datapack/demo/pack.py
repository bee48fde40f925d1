"""Writes the demonstration pack: a folder in the format of docs/datapack.md."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from haitang.datapack.demo import office
from haitang.datapack.demo.chain import staff, stores
from haitang.datapack.demo.plan import Campaign, campaigns
from haitang.datapack.demo.sales import Line, sale_lines
from haitang.datapack.demo.span import MEMBER_DAYS, Span
from haitang.kernel.clock import Month
from haitang.kernel.money import plain

DEMO_SEED = 8
# Fixed, so that everybody sees the same demonstration and every link in the guide holds.
DEMO_LAST_MONTH = Month(2026, 9)

HEADERS: dict[str, tuple[str, ...]] = {
    "stores.csv": ("code", "name", "opened_on", "closed_on"),
    "calendar.csv": ("date", "kind"),
    "staff.csv": (
        "username",
        "name",
        "role",
        "valid_from",
        "valid_to",
        "share",
        "department",
        "store",
    ),
    "campaigns.csv": (
        "code",
        "title",
        "scale",
        "kind",
        "start",
        "end",
        "stores",
        "focus_items",
        "status",
        "article",
    ),
    "sales.csv": ("store", "date", "receipt", "item", "quantity", "amount", "cost", "member"),
    "articles.csv": ("code", "title", "category", "published_on", "reads", "follows"),
    "participants.csv": ("campaign", "member"),
    "reserve_expenses.csv": ("date", "kind", "amount", "note"),
    "kpi_events.csv": ("month", "rule", "quantity", "note"),
    "manuscripts.csv": ("code", "author_kind", "title", "adopted_on"),
    "fund.csv": ("as_of", "maintenance_balance", "reserve_balance"),
}
OPENING_BALANCES = ("680.00", "1500.00")


def write_demo_pack(
    path: Path, *, seed: int = DEMO_SEED, last_month: Month = DEMO_LAST_MONTH
) -> None:
    """Write the pack's twelve files into the folder ``path``, made when it is not there.

    Sixteen months that end with ``last_month``; the same arguments give the same bytes. Raises
    Invalid for a month whose holidays are not known.
    """
    span = Span(last_month)
    chain = stores(span)
    plan = campaigns(span)
    lines = sale_lines(span, seed=seed, chain=chain, plan=plan)
    articles, links = office.articles(span, seed=seed, plan=plan)
    days = sorted(span.calendar.days.items())
    tables: dict[str, Iterable[Sequence[object]]] = {
        "stores.csv": [(s.code, s.name, s.opened_on, s.closed_on or "") for s in chain],
        "calendar.csv": [(day.isoformat(), kind) for day, kind in days],
        "staff.csv": staff(span, chain),
        "campaigns.csv": [_campaign_row(campaign, links) for campaign in plan],
        "sales.csv": map(_sale_row, lines),
        "articles.csv": articles,
        "participants.csv": office.participants(lines, seed=seed, plan=plan),
        "reserve_expenses.csv": office.reserve_expenses(span),
        "kpi_events.csv": office.kpi_events(span),
        "manuscripts.csv": office.manuscripts(span),
        "fund.csv": [(span.settled_from.first, *OPENING_BALANCES)],
    }
    path.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        _write(path / name, HEADERS[name], rows)
    policy = {"code": "公众号运营方案", "member_days": sorted(MEMBER_DAYS), "pool_rate": "0.20"}
    text = json.dumps(policy, ensure_ascii=False, indent=2) + "\n"
    (path / "policy.json").write_text(text, encoding="utf-8")


def pack_digest(path: Path) -> str:
    """SHA-256 over the names and bytes of the pack's files."""
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.suffix in {".csv", ".json"}:
            digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _campaign_row(campaign: Campaign, links: dict[str, str]) -> Sequence[object]:
    return (
        campaign.code,
        campaign.title,
        campaign.scale,
        campaign.kind,
        campaign.start,
        campaign.end,
        campaign.stores,
        ";".join(campaign.focus),
        campaign.status,
        links.get(campaign.code, ""),
    )


def _sale_row(line: Line) -> Sequence[object]:
    return (
        line.store,
        line.date,
        line.receipt,
        line.item,
        line.quantity,
        plain(line.amount),
        plain(line.cost),
        line.member,
    )


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)

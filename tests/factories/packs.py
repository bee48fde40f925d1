"""Data packs written by tests: a folder of CSV files from text."""

from __future__ import annotations

from pathlib import Path

HEADERS = {
    "stores": "code,name,opened_on,closed_on",
    "calendar": "date,kind",
    "staff": "username,name,role,valid_from,valid_to,share",
    "campaigns": "code,title,scale,kind,start,end,stores,focus_items,status,article",
    "sales": "store,date,receipt,item,quantity,amount,cost,member",
    "articles": "code,title,category,published_on,reads",
    "participants": "campaign,member",
    "reserve_expenses": "date,kind,amount,note",
    "kpi_events": "month,rule,quantity,note",
    "manuscripts": "code,author_kind,title,adopted_on",
    "fund": "as_of,maintenance_balance,reserve_balance",
}


def write_pack(
    folder: Path,
    *,
    encoding: str = "utf-8",
    policy: str = "",
    last_row_first: bool = False,
    **files: str,
) -> Path:
    """A pack with these files; each text is the rows below the standard header."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in {"stores": "S01,解放路店,2015-01-01,", **files}.items():
        lines = [line.strip() for line in rows.strip().splitlines()]
        lines = [HEADERS[name], *(reversed(lines) if last_row_first else lines)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding=encoding)
    if policy:
        (folder / "policy.json").write_text(policy, encoding=encoding)
    return folder

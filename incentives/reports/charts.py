"""The year's pools as a chart (static/js/charts.js draws it). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haitang.kernel.clock import Month
from incentives import wording

Roles = Sequence[Mapping[str, str]]


def pools_chart(pools: Mapping[Month, str], year: int) -> dict[str, Any]:
    """The pool of each of the twelve months; a bar leads to its month."""
    months = _months(year)
    return {
        "categories": _names(months),
        "series": [
            {
                "name": "提成池",
                "tone": "accent",
                "values": [pools.get(month) for month in months],
            }
        ],
        "links": _links(months, pools),
    }


def own_chart(amounts: Mapping[Month, str], year: int) -> dict[str, Any]:
    """What one person is paid in each of the twelve months; a bar leads to the payslip."""
    months = _months(year)
    return {
        "categories": _names(months),
        "series": [
            {"name": "应付", "tone": "accent", "values": [amounts.get(month) for month in months]}
        ],
        "links": [f"/payslips/{month}/" if month in amounts else "" for month in months],
    }


def roles_chart(roles: Mapping[Month, Roles], year: int) -> dict[str, Any]:
    """The same bars in pieces: what each role is paid, and what is withheld."""
    months = _months(year)
    codes = list(dict.fromkeys(row["role"] for rows in roles.values() for row in rows))
    return {
        "categories": _names(months),
        "series": [
            {
                "name": wording.role_name(code),
                "tone": f"share-{index % 8 + 1}",
                "values": [_payable(roles.get(month), code) for month in months],
            }
            for index, code in enumerate(codes)
        ],
        "stack": True,
        "links": _links(months, roles),
    }


def roles_table(roles: Mapping[Month, Roles]) -> dict[str, Any]:
    """What ``roles_chart`` shows as a table: calculated months across, roles down."""
    months = sorted(roles)
    codes = dict.fromkeys(row["role"] for rows in roles.values() for row in rows)
    return {
        "months": months,
        "rows": [
            (wording.role_name(code), [_payable(roles[month], code) for month in months])
            for code in codes
        ],
    }


def _months(year: int) -> list[Month]:
    return [Month(year, number) for number in range(1, 13)]


def _names(months: Sequence[Month]) -> list[str]:
    return [f"{month.month}月" for month in months]


def _links(months: Sequence[Month], known: Mapping[Month, object]) -> list[str]:
    return [f"/months/{month}/" if month in known else "" for month in months]


def _payable(rows: Roles | None, code: str) -> str | None:
    return next((row["payable"] for row in rows or () if row["role"] == code), None)

"""A person's payslip of a month: how each cent came about, in words. Pure.

Takes what the run froze (document, policy, trace) and returns plain dataclasses; it recomputes
nothing. The order is that of the money: stores' uplift → pool → coefficient → deductions → share
→ adjustments → set off (docs/rules.md §3–§9). Amounts are yuan as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from haitang.kernel.clock import Month
from haitang.kernel.display import month_text, number, signed_yuan, yuan_text
from haitang.kernel.money import exact, fen, plain
from incentives import explain, wording

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Frozen:
    """What a run kept, as far as payslips need it."""

    month: Month
    document: Document
    policy: Document
    payouts: Sequence[Mapping[str, Any]]
    holders: Mapping[str, Mapping[str, str]]
    events: Sequence[Mapping[str, Any]]
    reads: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """One event behind a deduction; ``line`` is its name in an objection."""

    line: str
    quantity: str
    note: str
    evidence: str
    url: str
    confirmed_by: str
    month: str


@dataclass(frozen=True)
class DeductionPart:
    """A rule's deduction with the events that make it."""

    text: str
    horizon: str
    value: str
    why: str
    events: tuple[Evidence, ...]


@dataclass(frozen=True)
class RolePart:
    """What one role brings the person."""

    code: str
    name: str
    coefficient: str
    gross: explain.Figure
    deductions: tuple[DeductionPart, ...]
    shortfall: str
    payable: explain.Figure
    share: explain.Figure


@dataclass(frozen=True)
class AdjustmentPart:
    """A delta of an earlier month."""

    origin: Month
    role: str
    reason: str
    before: str
    after: str
    delta: str


@dataclass(frozen=True)
class Step:
    """A line of the closing sum; ``sign`` is + or − before the amount, = for the result."""

    name: str
    sign: str
    amount: str
    why: str = ""


@dataclass(frozen=True)
class Payslip:
    """A person's part of a month."""

    month: Month
    username: str
    payable: str
    roles: tuple[RolePart, ...]
    adjustments: tuple[AdjustmentPart, ...]
    steps: tuple[Step, ...]
    carried_out: str
    in_words: str


def payout_of(
    username: str, roles: Sequence[Document], payouts: Sequence[Mapping[str, Any]] | None
) -> Mapping[str, Any] | None:
    """The payee's figures in fen; None for who gets nothing and owes nothing.

    A run of before payouts were kept has the shares of the roles only.
    """
    if payouts is not None:
        return next((row for row in payouts if row["username"] == username), None)
    parts = [
        fen(payee["amount"])
        for role in roles
        for payee in role["payees"]
        if payee["username"] == username
    ]
    if not parts:
        return None
    rest = {"adjusted": 0, "carried_in": 0, "carried_out": 0}
    return {"username": username, "earned": sum(parts), "payable": sum(parts), **rest}


def roles_of(
    username: str, document: Document, holders: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """The roles that the person holds in the document's month, in its order."""
    return [
        role["role"]
        for role in document["roles"]
        if username in holders.get(role["role"], {})
        or any(payee["username"] == username for payee in role["payees"])
    ]


def payslip(frozen: Frozen, username: str) -> Payslip | None:
    """The person's payslip; None when the month has nothing to do with the person."""
    document = frozen.document
    codes = roles_of(username, document, frozen.holders)
    figures = payout_of(username, document["roles"], frozen.payouts or None)
    if not codes and figures is None:
        return None
    figures = figures or dict.fromkeys(
        ("earned", "adjusted", "carried_in", "payable", "carried_out"), 0
    )
    views = {view.code: view for view in explain.role_views(document, frozen.policy, {})}
    rows = {role["role"]: role for role in document["roles"]}
    parts = tuple(_role(rows[code], views[code], frozen, username) for code in codes)
    found = tuple(
        AdjustmentPart(
            Month.parse(each["origin"]),
            wording.role_name(each["role"]),
            each["reason"],
            each["before"],
            each["after"],
            each["delta"],
        )
        for each in document.get("adjustments", ())
        if each["username"] == username
    )
    return Payslip(
        month=frozen.month,
        username=username,
        payable=plain(figures["payable"]),
        roles=parts,
        adjustments=found,
        steps=tuple(_steps(figures, parts, found)),
        carried_out=plain(figures["carried_out"]),
        in_words=_in_words(figures, parts, found),
    )


def _role(row: Document, view: explain.RoleView, frozen: Frozen, username: str) -> RolePart:
    return RolePart(
        code=view.code,
        name=view.name,
        coefficient=view.coefficient,
        gross=explain.Figure(
            view.gross.value, f"{view.gross.why}，各岗位先分到分（最大余额法），合计正好是提成池"
        ),
        deductions=tuple(
            _deduction(line, shown, frozen)
            for line, shown in zip(row["deductions"], view.deductions, strict=True)
        ),
        shortfall=next((ratio for name, ratio in view.cuts if name == "阅读量"), ""),
        payable=view.payable,
        share=_share(row, frozen.holders.get(view.code, {}), username),
    )


def _deduction(line: Document, shown: explain.DeductionView, frozen: Frozen) -> DeductionPart:
    return DeductionPart(
        text=shown.text,
        horizon=shown.horizon,
        value=shown.figure.value,
        why=f"{shown.figure.why} = {shown.figure.value}",
        events=tuple(
            Evidence(
                line=f"event:{event['id']}",
                quantity=f"{number(Fraction(event['quantity']), 6)} "
                f"{wording.rule_unit(event['rule'])}",
                note=event["note"],
                evidence=event["evidence"],
                url=event["evidence_url"],
                confirmed_by=event["confirmed_by"],
                month=event["month"],
            )
            for event in frozen.events
            if event["rule"] == line["rule"]
        ),
    )


def _share(row: Document, held: Mapping[str, str], username: str) -> explain.Figure:
    amount = next(
        (payee["amount"] for payee in row["payees"] if payee["username"] == username), "0.00"
    )
    if len(held) < 2:
        return explain.Figure(amount, "本月由一人任职，岗位实发全归本人")
    weights = {name: exact(weight) for name, weight in held.items()}
    part = weights.get(username, Fraction(0)) / sum(weights.values())
    return explain.Figure(
        amount,
        f"{len(held)} 人分担，本人占 {part}：{yuan_text(row['payable'])} × {part}"
        f" ≈ {yuan_text(amount)}，分到分后合计不差",
    )


def _steps(
    figures: Mapping[str, Any],
    parts: Sequence[RolePart],
    found: Sequence[AdjustmentPart],
) -> list[Step]:
    steps = [Step(f"{part.name}所得", "+", part.share.value) for part in parts]
    for each in found:
        sign = "−" if each.delta.startswith("-") else "+"
        name = f"{month_text(each.origin)}{each.role}的调整"
        steps.append(Step(name, sign, each.delta.removeprefix("-")))
    if figures["carried_in"]:
        why = "以前月份多发的，上月没有抵扣完"
        steps.append(Step("上月结转待抵扣", "−", plain(figures["carried_in"]), why))
    if figures["carried_out"]:
        why = "不够抵扣的部分不会让应付低于零，转到以后月份再抵扣"
        steps.append(Step("结转以后抵扣", "+", plain(figures["carried_out"]), why))
    steps.append(Step("应付", "=", plain(figures["payable"])))
    return steps


def _in_words(
    figures: Mapping[str, Any], parts: Sequence[RolePart], found: Sequence[AdjustmentPart]
) -> str:
    """The whole in one sentence."""
    names = "、".join(part.name for part in parts)
    said = [f"{names}所得 {yuan_text(plain(figures['earned']))}" if names else "本月没有任职"]
    if found:
        said.append(f"以前月份的调整 {signed_yuan(plain(figures['adjusted']))}")
    if figures["carried_in"]:
        said.append(f"上月结转抵扣 {yuan_text(plain(figures['carried_in']))}")
    said.append(f"应付 {yuan_text(plain(figures['payable']))}")
    if figures["carried_out"]:
        said.append(f"还有 {yuan_text(plain(figures['carried_out']))} 转到以后月份抵扣")
    return "，".join(said) + "。"


def reads_why(frozen: Frozen) -> str:
    """What the reads did to all seven roles."""
    return explain.shortfall_why(frozen.document, frozen.policy)

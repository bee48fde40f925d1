"""A settlement document as a page shows it: each figure with the sentence of how it came about.

Pure: takes the document and the policy of the run and returns plain dataclasses. It recomputes
nothing; the sentences repeat the rules (docs/rules.md §4–§8) with the document's own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from haitang.kernel.display import (
    factor,
    number,
    percent,
    signed_yuan,
    yuan_text,
)
from haitang.kernel.money import exact, fen, plain
from incentives import wording

Document = Mapping[str, Any]
BAR_WIDTH = 1000
PAYOUT_COLUMNS = (
    "岗位",
    "姓名",
    "系数",
    "应发（元）",
    "年度扣减",
    "月度扣减",
    "扣减（元）",
    "实发（元）",
    "说明",
)


@dataclass(frozen=True)
class Figure:
    """An amount in yuan (or a ratio) as text and how it came about."""

    value: str
    why: str


@dataclass(frozen=True)
class PoolView:
    """The pool first: where it comes from and where it goes."""

    uplift: Figure
    pool: Figure
    payable: Figure
    withheld: Figure
    reserve: Figure
    rate: str
    paid_out: str


@dataclass(frozen=True)
class DeductionView:
    """One line of a role's deductions."""

    text: str
    horizon: str
    figure: Figure


@dataclass(frozen=True)
class RoleView:
    """One role's part of the pool."""

    code: str
    name: str
    coefficient: str
    gross: Figure
    payable: Figure
    withheld: str
    annual: str
    monthly: str
    deductions: tuple[DeductionView, ...]
    payees: tuple[tuple[str, str], ...]
    cuts: tuple[tuple[str, str], ...]
    is_closed: bool = False  # others' part: only coefficient and gross may be shown


@dataclass(frozen=True)
class Slice:
    """A piece of the bar that shows the split: ``x`` and ``width`` out of ``BAR_WIDTH``."""

    name: str
    colour: int
    x: int
    paid: int
    cut: int

    @property
    def cut_x(self) -> int:
        return self.x + self.paid


@dataclass(frozen=True)
class ReadsView:
    """A category of articles against its target."""

    name: str
    target: Figure
    mean: str
    shortfall: Figure


def pool_view(document: Document, policy: Document) -> PoolView:
    """How the pool came about and how it is divided."""
    team = [role for role in document["roles"] if role["role"] != "reserve"]
    rest = [role for role in document["roles"] if role["role"] == "reserve"]
    payable, withheld = total(team, "payable"), total(document["roles"], "withheld")
    rate = exact(policy["pool_rate"])
    return PoolView(
        uplift=Figure(document["margin_uplift"], _uplift_why(document, policy)),
        pool=Figure(document["pool"], _pool_why(document, rate)),
        payable=Figure(payable, f"{len(team)} 个岗位的实发之和"),
        withheld=Figure(withheld, _withheld_why(policy)),
        reserve=Figure(total(rest, "payable"), "团队公费的一份，进团队公费账"),
        rate=percent(rate),
        paid_out=total(document["roles"], "payable"),
    )


def total(rows: Iterable[Mapping[str, str]], key: str) -> str:
    """The sum of an amount over rows, in yuan as text."""
    return plain(sum(fen(row[key]) for row in rows))


def _uplift_why(document: Document, policy: Document) -> str:
    campaigns = document["campaigns"]
    if not campaigns:
        return "本月没有已完成的活动，毛利增加值为零。"
    parts = [f"{each['code']} {signed_yuan(each['uplift']['margin'])}" for each in campaigns]
    shown = "，".join(parts[:6]) + (" 等" if len(parts) > 6 else "")
    floor = "（按制度，为负的活动按零计）" if _option(policy, "floor") == "campaign" else ""
    return f"{len(campaigns)} 场活动的毛利增加值相加{floor}：{shown}。"


def _pool_why(document: Document, rate: Fraction) -> str:
    uplift, pool = document["margin_uplift"], document["pool"]
    if exact(uplift) <= 0:
        return "毛利增加值不大于零，本月没有提成池；负数不结转到下月。"
    return f"{yuan_text(uplift)} × {percent(rate)} = {yuan_text(pool)}，四舍五入到分。"


def _withheld_why(policy: Document) -> str:
    to_reserve = _option(policy, "withheld_to") == "reserve"
    return "因考核与阅读量扣下，" + (
        "按制度转入团队公费。" if to_reserve else "留在公司，不另分配。"
    )


def role_views(document: Document, policy: Document, people: Mapping[str, str]) -> list[RoleView]:
    """The eight parts in the policy's order; ``people`` are names by user name.

    Of a document that ``secrecy.visible`` made, the parts of others are closed.
    """
    return [_role_view(role, document, policy, people) for role in document["roles"]]


def _role_view(
    role: Document, document: Document, policy: Document, people: Mapping[str, str]
) -> RoleView:
    coefficient = factor(role["coefficient"])
    gross = Figure(role["gross"], f"{yuan_text(document['pool'])} × {coefficient}")
    if role["payable"] is None:
        return _closed(role, gross)
    return RoleView(
        code=role["role"],
        name=wording.role_name(role["role"]),
        coefficient=role["coefficient"],
        gross=gross,
        payable=Figure(role["payable"], _payable_why(role, document, policy)),
        withheld=role["withheld"],
        annual=role["annual"],
        monthly=role["monthly"],
        deductions=tuple(_deduction(line) for line in role["deductions"]),
        payees=tuple(
            (people.get(each["username"], each["username"]), each["amount"])
            for each in role["payees"]
        ),
        cuts=tuple(_cuts(role, document, policy)),
    )


def _closed(role: Document, gross: Figure) -> RoleView:
    """What stands in the rules anyway: the coefficient, and what it makes of the pool."""
    name, nothing = wording.role_name(role["role"]), Figure("", "")
    return RoleView(
        code=role["role"],
        name=name,
        coefficient=role["coefficient"],
        gross=gross,
        payable=nothing,
        withheld="",
        annual="",
        monthly="",
        deductions=(),
        payees=(),
        cuts=(),
        is_closed=True,
    )


def _payable_why(role: Document, document: Document, policy: Document) -> str:
    is_reserve = role["role"] == "reserve"
    if not is_reserve and not role["payees"]:
        return "本月没有任职的人：实发为零，应发全部扣下。"
    cuts = _cuts(role, document, policy)
    if not cuts:
        return "没有扣减，实发等于应发。"
    gross = yuan_text(role["gross"])
    if _option(policy, "cuts") == "add":
        taken = " − ".join(f"{name} {percent(ratio)}" for name, ratio in cuts)
        return f"{gross} × (1 − {taken}，最低为零) = {yuan_text(role['payable'])}"
    kept = " × ".join(f"(1 − {name} {percent(ratio)})" for name, ratio in cuts)
    return f"{gross} × {kept} = {yuan_text(role['payable'])}"


def _cuts(role: Document, document: Document, policy: Document) -> list[tuple[str, str]]:
    """What cuts a role's part: its name and its ratio, those above zero."""
    cuts = [("年度", role["annual"]), ("月度", role["monthly"])]
    if role["role"] != "reserve" or _option(policy, "shortfall_reserve") is True:
        cuts.append(("阅读量", document["team"]["shortfall"]))
    return [(name, ratio) for name, ratio in cuts if exact(ratio)]


def payout_rows(document: Document, people: Mapping[str, str]) -> list[list[str | Decimal | None]]:
    """The split as a file: a row a role, below it its people when they are several, the sum."""
    rows: list[list[str | Decimal | None]] = []
    for role in document["roles"]:
        names = [people.get(each["username"], each["username"]) for each in role["payees"]]
        rows.append(
            [
                wording.role_name(role["role"]),
                "、".join(names),
                role["coefficient"],
                Decimal(role["gross"]),
                percent(role["annual"]),
                percent(role["monthly"]),
                Decimal(role["withheld"]),
                Decimal(role["payable"]),
                "；".join(
                    f"{wording.rule_text(line['rule'])} × {line['quantity']}"
                    for line in role["deductions"]
                ),
            ]
        )
        if len(names) > 1:
            rows += [
                ["", name, "", None, "", "", None, Decimal(each["amount"]), "其中"]
                for name, each in zip(names, role["payees"], strict=True)
            ]
    sums = [Decimal(total(document["roles"], key)) for key in ("gross", "withheld", "payable")]
    return [*rows, ["合计", "", "", sums[0], "", "", sums[1], sums[2], ""]]


def _deduction(line: Document) -> DeductionView:
    quantity, rate = exact(line["quantity"]), exact(line["rate"])
    unit = wording.rule_unit(line["rule"])
    why = f"{number(quantity, 6)} {unit} × {percent(rate)}".replace("  ", " ")
    return DeductionView(
        text=wording.rule_text(line["rule"]),
        horizon=wording.rule_horizon(line["rule"]),
        figure=Figure(percent(quantity * rate), why),
    )


def slices(document: Document) -> list[Slice]:
    """The pool as a bar: each role's part, first what is paid, then what is withheld.

    A closed part is shown whole.
    """
    pool = fen(document["pool"])
    if pool <= 0:
        return []
    pieces, x = [], 0
    for index, role in enumerate(document["roles"], 1):
        end = x + BAR_WIDTH * fen(role["gross"]) // pool
        paid = BAR_WIDTH * fen(role["payable"] or role["gross"]) // pool
        paid = min(paid, end - x)
        pieces.append(Slice(wording.role_name(role["role"]), index, x, paid, end - x - paid))
        x = end
    return pieces


def reads_views(document: Document, policy: Document) -> list[ReadsView]:
    """Each assessed category against its target of the year."""
    return [_reads_view(each, document, policy) for each in document["team"]["reads"]]


def _reads_view(row: Document, document: Document, policy: Document) -> ReadsView:
    terms, year = policy["reads"], int(document["month"][:4])
    growth = factor(1 + exact(terms["growth"]))
    base = number(terms[row["category"]])
    missing = exact(row["shortfall"])
    why = (
        f"1 − {number(row['mean'])} ÷ {number(row['target'])} = {percent(missing)}"
        if missing
        else "达到目标，不扣减。"
    )
    return ReadsView(
        name=wording.CATEGORIES.get(str(row["category"]), str(row["category"])),
        target=Figure(
            str(row["target"]),
            f"{base} × {growth} 的 {year - int(terms['base_year'])} 次方，取整",
        ),
        mean=row["mean"],
        shortfall=Figure(row["shortfall"], why),
    )


def shortfall_why(document: Document, policy: Document) -> str:
    """What the team's shortfall of reads does to the split."""
    if not document["team"]["reads"]:
        return "本月没有要考核的文章，不扣减。"
    if not exact(document["team"]["shortfall"]):
        return "各类文章都达到目标，不扣减。"
    how = "相加" if _option(policy, "reads_combine") == "sum" else "取较大的一个"
    return f"两类的差额{how}，从七个岗位的应发里扣 {percent(document['team']['shortfall'])}。"


def _option(policy: Document, key: str) -> object:
    return policy.get("options", {}).get(key)

"""科目表: which accounts there are. Pure (docs/accounting.md).

A group has one account (``reserve``) or one for each payee (``payable:liu``).
"""

from __future__ import annotations

from dataclasses import dataclass

DEBIT, CREDIT = 1, -1
RESERVE_PAYEE = "reserve"  # the team reserve where payees are named


@dataclass(frozen=True)
class Group:
    """Accounts of one kind: their name, the side their balance stands on, what it may be."""

    code: str
    name: str
    side: int
    may_go_negative: bool = False
    is_personal: bool = False


@dataclass(frozen=True)
class AccountSpec:
    """One account: enough to open it when it is first posted to."""

    code: str
    name: str
    group: Group


GROUPS: dict[str, Group] = {
    group.code: group
    for group in (
        # What the company has put at the team's disposal, less what it took back.
        Group("company", "公司拨付", DEBIT, may_go_negative=True),
        Group("maintenance", "日常维持资金", CREDIT),
        Group("reserve", "团队公费", CREDIT),
        Group("pool", "提成池", CREDIT),
        Group("payable", "应付提成", CREDIT, is_personal=True),
        # What a person got too much of and later payables set off.
        Group("carried", "待抵扣", DEBIT, is_personal=True),
        Group("withheld", "扣留", CREDIT),
        # Owed to an author since adoption, and how much of that has no money behind it yet.
        Group("fee", "应付稿酬", CREDIT, is_personal=True),
        Group("outstanding", "未落实稿酬", DEBIT),
        # What left the bank for the team's purposes: the account itself is the company's.
        Group("bank", "银行存款（付出）", CREDIT),
    )
}


def account(group: str, owner: str = "", name: str = "") -> AccountSpec:
    """An account of that group; ``owner`` names the payee of a personal one, ``name`` shows it."""
    found = GROUPS[group]
    if found.is_personal != bool(owner):
        raise ValueError(f"account {group} {'needs' if found.is_personal else 'has no'} owner")
    if not owner:
        return AccountSpec(group, found.name, found)
    return AccountSpec(f"{group}:{owner}", f"{found.name}·{name or owner}", found)

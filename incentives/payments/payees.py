"""Bank accounts of payees: entered by finance, masked everywhere, exported in the bank file."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from haitang.kernel import audit
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.masking import masked
from haitang.kernel.personal import Personal
from incentives import rules
from incentives.models import PayeeAccount

STREAM = "incentives"
_NUMBER = re.compile(r"[0-9]{8,30}")


def set_account(
    *, account_code: str, holder: str, bank: str, number: str, by: User, now: datetime
) -> PayeeAccount:
    """Enter where a payee is paid; ``account_code`` is the ledger account (``payable:liu``).

    An empty ``number`` keeps the one that is there. Only the masks go into the audit trail.
    Raises NotAllowed for who is not finance, Invalid for what cannot be an account.
    """
    if not rules.may_pay(by):
        raise NotAllowed("只有财务可以登记收款账户：请交由财务处理。")
    holder, bank = holder.strip(), bank.strip()
    digits = re.sub(r"[\s-]", "", number)
    if not holder or not bank:
        raise Invalid("请填写户名和开户行。")
    if digits and not _NUMBER.fullmatch(digits):
        raise Invalid("账号只能是 8 到 30 位数字（空格和横线会去掉）：请对照银行卡核对。")
    try:
        with transaction.atomic():
            return _keep(account_code, holder, bank, digits, by=by, now=now)
    except IntegrityError as error:
        raise Conflict("这个收款账户正由别人登记：请刷新页面看过再改。") from error


def _keep(
    code: str, holder: str, bank: str, digits: str, *, by: User, now: datetime
) -> PayeeAccount:
    row = PayeeAccount.objects.select_for_update().filter(account_code=code).first()
    before = str(row.number) if row else ""
    if row is None:
        if not digits:
            raise Invalid("请填写账号。")
        row = PayeeAccount(account_code=code)
    row.holder, row.bank, row.updated_at, row.updated_by = holder[:60], bank[:100], now, by
    if digits:
        row.number = Personal(digits)
    row.save()
    audit.record(
        stream=STREAM,
        act="set_payee_account",
        obj=row,
        by=by,
        now=now,
        details={
            "account": code,
            "bank": row.bank,
            "was": before,
            "now": masked(row.number.for_computing()),
        },
    )
    return row

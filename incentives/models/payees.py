"""Where the money goes: the bank accounts of payees, personal data."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from haitang.kernel.personal import EncryptedField, HashField


class PayeeAccount(models.Model):
    """收款账户: the bank account of one payee; the number is masked wherever it is shown.

    ``account_code`` is the ledger account that is paid (``payable:liu``, ``fee:M1``): a person
    is known by it, and so is the author of one manuscript, who has no log-in.
    """

    account_code = models.CharField("科目编码", max_length=120, unique=True)
    holder = models.CharField("户名", max_length=60)
    bank = models.CharField("开户行", max_length=100)
    number = EncryptedField("账号", max_length=60)
    number_hash = HashField("账号查找码", of="number")
    updated_at = models.DateTimeField("更新时间")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="更新人"
    )

    class Meta:
        verbose_name = verbose_name_plural = "收款账户"
        ordering = ["account_code"]
        indexes = [models.Index(fields=["number_hash"], name="payee_account_number")]

    def __str__(self) -> str:
        return f"{self.holder} {self.number}"

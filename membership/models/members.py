"""Members: whoever bought something with a card."""

from __future__ import annotations

from django.db import models

from campaigns.models import MemberCard


class Member(models.Model):
    """会员: there from the first sale line with the card on.

    ``membership.members`` makes the rows, set-wise after imports and singly where a person names
    a card. ``first_bought_on`` is empty while no import with a line of the card was looked at.
    """

    card = models.OneToOneField(
        MemberCard, models.PROTECT, related_name="member", verbose_name="会员卡"
    )
    first_bought_on = models.DateField("首次消费", null=True)
    created_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "会员"

    def __str__(self) -> str:
        return f"会员卡 {self.card}"


class MemberCursor(models.Model):
    """Up to which import members were made; there is one row."""

    effect_number = models.PositiveBigIntegerField("已登记到的生效次序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "会员登记进度"

    def __str__(self) -> str:
        return str(self.effect_number)

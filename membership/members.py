"""Members: whoever bought with a card, made set-wise from what was imported.

An import is not slowed down by it: a nightly job, and whoever looks for a member by hand, take up
the imports that took effect since the last time. Their lines are read outside any transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import MemberCard, SaleLine, SalesImport, StoreDay
from haitang.kernel.errors import Invalid, NotThere
from haitang.kernel.personal import keyed_hash
from membership.models import Member, MemberCursor

_AT_ONCE = 2_000
_LINES, _DAYS = SaleLine._meta.db_table, StoreDay._meta.db_table
_MEMBERS = Member._meta.db_table
_FIRST_LINES = f"""
    SELECT line.card_id, MIN(day.date) FROM {_LINES} line
    JOIN {_DAYS} day ON day.id = line.store_day_id
    WHERE day.sales_import_id = %s AND day.is_active AND line.card_id IS NOT NULL
    GROUP BY line.card_id"""  # noqa: S608


def take_up_members(*, now: datetime, report: Callable[[int, int, str], None] | None = None) -> int:
    """Make the members of the imports that took effect since the last time; returns how many.

    May be broken off and called again, also at the same time: a member is made once, and the
    first purchase only moves back.
    """
    cursor, _ = MemberCursor.objects.get_or_create(pk=1)
    waiting = list(
        SalesImport.objects.filter(
            effect_number__gt=cursor.effect_number, state=SalesImport.State.DONE
        ).order_by("effect_number")
    )
    made = 0
    for index, each in enumerate(waiting):
        if report:
            report(index, len(waiting), each.file_name)
        made += sum(_make(some, now=now) for some in _slices(_first_bought(each)))
        MemberCursor.objects.filter(pk=1, effect_number__lt=each.effect_number).update(
            effect_number=each.effect_number
        )
    return made


def member_by_card(*, number: str, now: datetime) -> Member:
    """The member with that card; made when no job has met the card's lines yet.

    A card is known because a sale line or a list of participants named it. Raises Invalid without
    a number, NotThere for a card that nobody knows.
    """
    number = number.replace(" ", "").strip()
    if not number:
        raise Invalid("请填会员卡号。")
    card = MemberCard.objects.filter(number_hash=keyed_hash(number)).first()
    if card is None:
        raise NotThere("没有这个卡号的会员：请核对卡号。第一次消费的销售数据导入之后才会有。")
    member, _ = Member.objects.get_or_create(card=card, defaults={"created_at": now})
    return member


def _first_bought(done: SalesImport) -> list[tuple[int, date]]:
    """(card, first day) of the import's lines that count."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_LINES, [done.pk])
        return [(card, _day(day)) for card, day in cursor.fetchall()]


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _slices(rows: Sequence[tuple[int, date]]) -> Iterator[Sequence[tuple[int, date]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _make(rows: Sequence[tuple[int, date]], *, now: datetime) -> int:
    """Members of these cards; the first purchase of those known already moves back if it must."""
    cards = [card for card, _ in rows]
    known = _first_days(cards)
    with transaction.atomic():
        Member.objects.bulk_create(
            [
                Member(card_id=card, first_bought_on=day, created_at=now)
                for card, day in rows
                if card not in known
            ],
            ignore_conflicts=True,
        )
        kept = _first_days(cards)  # also those that somebody else has made since
        earlier = [(day, card, day) for card, day in rows if _is_earlier(day, kept[card])]
        if earlier:
            with connection.cursor() as cursor:
                cursor.executemany(
                    f"UPDATE {_MEMBERS} SET first_bought_on = %s WHERE card_id = %s"  # noqa: S608
                    " AND (first_bought_on IS NULL OR first_bought_on > %s)",
                    earlier,
                )
    return len(rows) - len(known)


def _first_days(cards: Sequence[int]) -> dict[int, date | None]:
    rows = Member.objects.filter(card_id__in=cards)
    return dict(rows.values_list("card_id", "first_bought_on"))


def _is_earlier(day: date, known: date | None) -> bool:
    return known is None or day < known

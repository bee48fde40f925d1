"""Reads of the participants' files: lists, what is missing, completeness of campaigns and months.

A card that was logged as taking part and has no file yet counts as a file with the card alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.evaluation import campaigns_ending_in
from campaigns.models import Campaign, Participation
from haitang.kernel.clock import SHANGHAI, Month
from haitang.kernel.personal import keyed_hash
from membership.archives import DEFAULT_REQUIRED, Field, Files, missing_fields, together
from membership.models import ArchiveSettings, Participant

# A search by name reads the names of so many files at most, the newest.
SEARCHED = 3_000
_EMPTY: dict[Field, Q] = {
    Field.NAME: Q(name__isnull=True),
    Field.CONTACT: Q(phone__isnull=True, member__isnull=True),
    Field.STORE: Q(store__isnull=True),
    Field.SOURCE: Q(source=""),
    Field.CONSENT: Q(consented_on__isnull=True),
}


@dataclass(frozen=True)
class FileRow:
    """A file in the list, with what it lacks."""

    file: Participant
    missing: list[Field]


@dataclass(frozen=True)
class CampaignFiles:
    """The files of one campaign; ``bare`` cards among them have no file yet."""

    campaign: Campaign
    files: Files
    bare: int


def settings_now() -> ArchiveSettings | None:
    """The newest setting of what is required; None while nobody has set one."""
    return ArchiveSettings.objects.select_related("changed_by").order_by("-pk").first()


def required_of(kept: ArchiveSettings | None) -> tuple[Field, ...]:
    """The required fields of that setting, or the five that the rules name."""
    return tuple(Field(each) for each in kept.required) if kept else DEFAULT_REQUIRED


def filled_of(file: Participant) -> set[Field]:
    """Which fields of a file are filled."""
    has = {
        Field.NAME: bool(file.name),
        Field.CONTACT: bool(file.phone) or file.member_id is not None,
        Field.STORE: file.store_id is not None,
        Field.SOURCE: bool(file.source),
        Field.CONSENT: file.consented_on is not None,
    }
    return {each for each, is_filled in has.items() if is_filled}


def files_found(
    campaign: Campaign, *, text: str = "", lacking: Collection[Field] = ()
) -> QuerySet[Participant]:
    """The campaign's files, newest first: those of a phone, card or name, those lacking a field.

    Phone and card are found whole, by keyed hash; a name by a part of it.
    """
    rows = Participant.objects.filter(campaign=campaign).order_by("-pk")
    if lacking:
        rows = rows.filter(reduce(or_, (_EMPTY[each] for each in lacking)))
    return rows.filter(_met(rows, text)) if text else rows


def file_rows(files: Iterable[Participant], required: Collection[Field]) -> list[FileRow]:
    """Each file with what it lacks."""
    return [FileRow(each, missing_fields(filled_of(each), required)) for each in files]


def bare_cards(campaign: Campaign | None = None) -> QuerySet[Participation]:
    """Cards logged as taking part, in a campaign that was not cancelled, that have no file."""
    has_file = Participant.objects.filter(
        campaign=OuterRef("campaign"), member__card=OuterRef("card")
    )
    rows = Participation.objects.filter(~Exists(has_file))
    rows = rows.exclude(campaign__status=Campaign.Status.CANCELLED)
    return rows.filter(campaign=campaign) if campaign else rows


def files_of(campaigns: Iterable[Campaign]) -> list[CampaignFiles]:
    """The files of these campaigns, in their order. Two queries."""
    wanted = list(campaigns)
    bare = dict(
        bare_cards()
        .filter(campaign__in=wanted)
        .order_by()
        .values_list("campaign")
        .annotate(number=Count("pk"))
    )
    filled = {each.value: Count("pk", filter=~empty) for each, empty in _EMPTY.items()}
    counted = {
        row["campaign"]: row
        for row in Participant.objects.filter(campaign__in=wanted)
        .order_by()
        .values("campaign")
        .annotate(people=Count("pk"), **{f"has_{name}": each for name, each in filled.items()})
    }
    return [_campaign_files(each, counted.get(each.pk), bare.get(each.pk, 0)) for each in wanted]


def month_files(month: Month) -> list[CampaignFiles]:
    """The files of the month's campaigns, cancelled ones aside. Three queries."""
    found = campaigns_ending_in(month).exclude(status=Campaign.Status.CANCELLED)
    return files_of(found.order_by("end", "code"))


def files_kept(month: Month) -> bool:
    """Whether the house kept files by that month, or of its campaigns later. One query.

    Before a person recorded the first one, the cards that packs bring say nothing about files.
    """
    after = datetime.combine(month.plus(1).first, time.min, tzinfo=SHANGHAI)
    by_people = Participant.objects.filter(recorded_by__isnull=False)
    of_month = Q(campaign__end__range=(month.first, month.last))
    return by_people.filter(Q(recorded_at__lt=after) | of_month).exists()


def total(of: Iterable[CampaignFiles]) -> Files:
    """The files of several campaigns as one heap."""
    return together(each.files for each in of)


def _campaign_files(campaign: Campaign, row: Mapping[str, Any] | None, bare: int) -> CampaignFiles:
    filled = {each: row[f"has_{each.value}"] if row else 0 for each in Field}
    filled[Field.CONTACT] += bare
    return CampaignFiles(campaign, Files((row["people"] if row else 0) + bare, filled), bare)


def _met(rows: QuerySet[Participant], text: str) -> Q:
    compact = "".join(each for each in text if each.isalnum() or each == "+")
    hashed = keyed_hash(compact)
    names = rows.filter(name__isnull=False).values_list("pk", "name")[:SEARCHED]
    named = [pk for pk, name in names if name and text in name.for_computing()]
    return Q(pk__in=named) | Q(phone_hash=hashed) | Q(member__card__number_hash=hashed)

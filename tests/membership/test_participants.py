"""Files of participants: recorded, changed, removed, made of logged cards, counted a month."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from accounts.models import User
from campaigns.models import Campaign
from haitang.kernel.clock import Month
from haitang.kernel.errors import Conflict, Invalid, NotThere
from haitang.kernel.models import AuditEntry
from membership.archive_evidence import evidence
from membership.archive_selectors import files_found, files_of, month_files
from membership.archives import DEFAULT_REQUIRED, Field
from membership.archiving import (
    change_participant,
    record_participant,
    remove_participant,
    set_required,
    take_up_participations,
)
from membership.models import Participant
from tests.factories.followers import NOW
from tests.factories.participants import PHONE, facts, make_participant
from tests.factories.trade import make_campaign, make_card, make_store

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)
CARD = "6225880137645201"


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign("C1", stores=[make_store()])


def test_file_of_a_customer_is_linked_to_the_campaign(campaign: Campaign, cs: User) -> None:
    """S000-79: each online participant has a file linked to the campaign."""
    make_card(CARD)
    file = make_participant(campaign, cs, card=CARD, source="group", phone="139 8765-0123")
    file.refresh_from_db()
    assert file.campaign == campaign
    assert file.name is not None
    assert file.name.for_computing() == "王阿姨"
    assert file.phone is not None
    assert file.phone.for_computing() == PHONE
    assert file.member is not None
    assert file.member.card.number.for_computing() == CARD
    assert (file.source, file.recorded_by) == ("group", cs)
    entry = AuditEntry.objects.get(act="record_participant")
    assert entry.details == {"code": "C1", "filled": [each.value for each in Field]}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " ", "phone": "", "card": ""},
        {"phone": "电话"},
        {"phone": "12345"},
        {"source": "pigeon"},
        {"consented_on": date(2026, 11, 4)},
        {"name": "王" * 41},
    ],
)
def test_file_that_cannot_be_is_refused(
    campaign: Campaign, cs: User, fields: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        make_participant(campaign, cs, **fields)
    assert not Participant.objects.exists()


def test_card_that_nobody_knows_is_refused(campaign: Campaign, cs: User) -> None:
    with pytest.raises(NotThere, match="没有这个卡号"):
        make_participant(campaign, cs, card=CARD)


def test_customer_has_one_file_a_campaign(campaign: Campaign, cs: User) -> None:
    make_card(CARD)
    make_participant(campaign, cs, card=CARD)
    with pytest.raises(Conflict, match="已经有这个电话或会员卡"):
        make_participant(campaign, cs, name="别人")
    with pytest.raises(Conflict, match="已经有这个电话或会员卡"):
        make_participant(campaign, cs, phone="", card=CARD)
    make_participant(make_campaign("C2", stores=None), cs, card=CARD)
    for name in ("没有电话的", "也没有电话的"):
        make_participant(campaign, cs, name=name, phone="")
    assert Participant.objects.count() == 4


def test_change_keeps_what_nobody_sees_and_sets_the_rest(campaign: Campaign, cs: User) -> None:
    file = make_participant(campaign, cs)
    change_participant(
        participant=file,
        facts=facts(name="", phone="", source="", consented_on=None, note=f"回电 {PHONE}"),
        by=cs,
        now=NOW,
    )
    file.refresh_from_db()
    assert file.phone is not None
    assert file.phone.for_computing() == PHONE
    assert (file.source, file.consented_on, file.note) == ("", None, "回电 *******0123")
    assert AuditEntry.objects.get(act="change_participant").details["filled"] == [
        "name",
        "contact",
        "store",
    ]


def test_file_is_removed_with_a_reason_only(campaign: Campaign, cs: User) -> None:
    file = make_participant(campaign, cs)
    with pytest.raises(Invalid, match="原因"):
        remove_participant(participant=file, reason=" ", by=cs, now=NOW)
    remove_participant(participant=file, reason=f"{PHONE} 不同意保存", by=cs, now=NOW)
    assert not Participant.objects.exists()
    entry = AuditEntry.objects.get(act="remove_participant")
    assert entry.details["reason"] == "*******0123 不同意保存"


def test_change_of_a_file_removed_meanwhile_is_refused(campaign: Campaign, cs: User) -> None:
    file = make_participant(campaign, cs)
    Participant.objects.all().delete()
    with pytest.raises(Conflict, match="刚被删除"):
        change_participant(participant=file, facts=facts(), by=cs, now=NOW)


def test_card_logged_as_taking_part_counts_before_and_after_its_file_is_made(cs: User) -> None:
    campaign = make_campaign("C1", stores=[make_store()], cards=[CARD, "6225880137645202"])
    other = make_campaign("C2", stores=None, cards=[CARD])
    make_participant(campaign, cs, card=CARD)
    before = files_of([campaign])[0]
    assert (before.files.people, before.bare, before.files.of(Field.CONTACT)) == (2, 1, 2)
    assert take_up_participations(campaign=campaign, by=cs, now=NOW) == 1
    after = files_of([campaign])[0]
    assert (after.files, after.bare) == (before.files, 0)
    assert take_up_participations(now=NOW) == 1
    assert take_up_participations(now=NOW) == 0
    assert files_of([other])[0].bare == 0
    assert AuditEntry.objects.filter(act="take_up_participants").count() == 2


def test_files_are_found_by_phone_card_and_name(campaign: Campaign, cs: User) -> None:
    make_card(CARD)
    first = make_participant(campaign, cs)
    second = make_participant(campaign, cs, name="李先生", phone="", card=CARD, source="")
    for text in (PHONE, "139 8765 0123", "阿姨"):
        assert list(files_found(campaign, text=text)) == [first], text
    for text in (CARD, "李"):
        assert list(files_found(campaign, text=text)) == [second], text
    assert not files_found(campaign, text=PHONE[:7]).exists()
    assert list(files_found(campaign, lacking=DEFAULT_REQUIRED)) == [second]
    assert not files_found(campaign, lacking=[Field.NAME, Field.CONTACT]).exists()


def test_campaign_counts_into_the_month_of_its_last_day(cs: User) -> None:
    make_store()
    for code, start, end, status in (
        ("SEP", date(2026, 9, 30), date(2026, 10, 1), "completed"),
        ("NOV", date(2026, 10, 31), date(2026, 11, 1), "completed"),
        ("OFF", date(2026, 10, 5), date(2026, 10, 5), "cancelled"),
    ):
        make_participant(
            make_campaign(code, stores=None, start=start, end=end, status=status), cs, source=""
        )
    assert [each.campaign.code for each in month_files(OCTOBER)] == ["SEP"]
    found = evidence(OCTOBER)
    assert [(each.rule, each.quantity) for each in found] == [
        ("cs.archive_incomplete", Fraction(20))
    ]
    assert "1 位参与客户，必填 5 项，填了 4 项，缺 20 个百分点" in found[0].text
    assert found[0].url == "/participants/?month=2026-10"


def test_month_that_is_complete_or_without_participants_shows_nothing(
    campaign: Campaign, cs: User
) -> None:
    assert evidence(OCTOBER) == []
    make_participant(campaign, cs)
    assert evidence(OCTOBER) == []


def test_cards_of_months_before_files_were_kept_show_nothing(cs: User) -> None:
    september, november = date(2026, 9, 16), date(2026, 11, 2)
    for code, day in (("SEP", september), ("NOV", november)):
        make_campaign(code, stores=[], cards=[CARD], start=day)
    make_campaign("C1", stores=[make_store()], cards=[CARD])
    take_up_participations(now=NOW)
    months = [Month(2026, each) for each in (9, 10, 11)]
    assert [evidence(month) for month in months] == [[], [], []]
    make_participant(Campaign.objects.get(code="C1"), cs)
    found = [[each.quantity for each in evidence(month)] for month in months]
    assert found == [[], [Fraction(40)], [Fraction(80)]]


def test_what_is_required_is_a_setting(campaign: Campaign, cs: User, supervisor: User) -> None:
    make_participant(campaign, cs, source="", consented_on=None)
    assert evidence(OCTOBER)[0].quantity == 40
    set_required(required=["source", "name"], by=supervisor, now=NOW + timedelta(days=1))
    assert evidence(OCTOBER)[0].quantity == 50
    for wrong in ([], ["shoe size"], ["name", "shoe size"]):
        with pytest.raises(Invalid):
            set_required(required=wrong, by=supervisor, now=NOW)
    entry = AuditEntry.objects.get(act="set_archive_required")
    assert entry.details == {"required": ["name", "source"]}


def test_record_is_refused_whole_when_it_is_refused(campaign: Campaign, cs: User) -> None:
    make_participant(campaign, cs)
    with pytest.raises(Conflict):
        record_participant(campaign=campaign, facts=facts(), by=cs, now=NOW)
    assert AuditEntry.objects.filter(act="record_participant").count() == 1

"""Files of customers who took part in a campaign."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from campaigns.models import Campaign, Store
from membership.archiving import FileFacts, record_participant
from membership.models import Participant
from tests.factories.followers import NOW

PHONE = "13987650123"


def facts(**fields: object) -> FileFacts:
    """What is known of a customer: by default all five required fields, without a card."""
    values: dict[str, object] = {
        "name": "王阿姨",
        "phone": PHONE,
        "store": Store.objects.order_by("code").first(),
        "source": "account",
        "consented_on": date(2018, 10, 17),
    }
    return FileFacts(**values | fields)  # type: ignore[arg-type]


def make_participant(campaign: Campaign, by: User, **fields: object) -> Participant:
    """A file, complete by default."""
    return record_participant(campaign=campaign, facts=facts(**fields), by=by, now=NOW)

"""Four eyes over the policy: who had a hand in a draft does not publish it, as a deputy neither."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Deputy, User
from accounts.roles import Role
from accounts.rules import enter
from accounts.services import set_deputy
from haitang.kernel import clock
from haitang.kernel.clock import Month, business_day
from haitang.kernel.errors import NotAllowed
from haitang.policy import drafting, rules
from haitang.policy.models import PolicyDraft, PolicyVersion
from tests.factories.people import make_tenure

pytestmark = pytest.mark.django_db
NEXT = Month(2026, 12)  # the fixture's now is 3 November 2026


def _stand_in(person: User, deputy: User) -> User:
    """``deputy`` has the person's posts this week (the real one: predicates read the clock)."""
    now = clock.now()
    today = business_day(now)
    last = today + timedelta(days=6)
    set_deputy(
        person=person,
        deputy=deputy,
        role=None,
        valid_from=today,
        valid_to=last,
        reason="出差",
        by=person,
        now=now,
    )
    return User.objects.get(pk=deputy.pk)


def _publish(draft: PolicyDraft, by: User, now: datetime) -> PolicyVersion:
    draft.refresh_from_db()
    return drafting.publish_draft(draft=draft, seen=draft.revision, month=NEXT, by=by, now=now)


def _save(draft: PolicyDraft, rate: str, by: User, now: datetime) -> None:
    document = {**draft.document, "pool_rate": rate}
    drafting.save_draft(
        draft=draft, name=draft.name, document=document, seen=draft.revision, by=by, now=now
    )


@pytest.mark.parametrize("who", ["planner", "supervisor"])
def test_deputy_of_the_general_manager_does_not_publish_the_own_draft(
    who: str, planner: User, supervisor: User, general_manager: User, now: datetime
) -> None:
    """Neither who copied it nor who changed one field of it."""
    draft = drafting.copy_version(version=None, name="新制度", by=planner, now=now)
    _save(draft, "0.3", supervisor, now)
    deputy = _stand_in(general_manager, {"planner": planner, "supervisor": supervisor}[who])
    assert rules.may_publish_policy(deputy)
    with pytest.raises(NotAllowed, match="“起草制度”和“发布制度”不能出自同一个人"):
        _publish(draft, deputy, now)
    assert not PolicyVersion.objects.exists()
    assert _publish(draft, general_manager, now).recorded_by == general_manager


def test_general_manager_who_drafted_as_planner_does_not_publish(
    general_manager: User, now: datetime
) -> None:
    make_tenure(user=general_manager, role=Role.PLANNER)
    draft = drafting.copy_version(version=None, name="新制度", by=general_manager, now=now)
    with pytest.raises(NotAllowed):
        _publish(draft, general_manager, now)


def test_draft_made_for_somebody_counts_as_that_persons(
    planner: User, copy: User, general_manager: User, now: datetime
) -> None:
    """The copy editor drafts as the planner's deputy; then the planner deputises the manager."""
    deputy = _stand_in(planner, copy)
    assert enter(deputy, rules.may_edit_drafts)
    draft = drafting.copy_version(version=None, name="新制度", by=deputy, now=now)
    Deputy.objects.update(ended_at=clock.now())
    with pytest.raises(NotAllowed):
        _publish(draft, _stand_in(general_manager, planner), now)


def test_page_says_why_instead_of_offering_to_publish(
    planner: User, general_manager: User, client: Client, now: datetime
) -> None:
    draft = drafting.copy_version(version=None, name="新制度", by=planner, now=now)
    client.force_login(_stand_in(general_manager, planner))
    page = client.get(f"/policy/drafts/{draft.pk}/").content.decode()
    assert "“起草制度”和“发布制度”不能出自同一个人" in page
    assert "发布这一版" not in page
    answer = client.post(
        f"/policy/drafts/{draft.pk}/publish/", {"seen": "1", "month": "2026-12"}, follow=True
    )
    assert "不能出自同一个人" in answer.content.decode()
    assert not PolicyVersion.objects.exists()

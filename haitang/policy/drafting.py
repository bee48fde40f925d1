"""Preparing a change of the policy, publishing it for a month to come, taking that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import User
from accounts.rules import acting_by
from accounts.separation import Act, require_different_people
from haitang.kernel import audit
from haitang.kernel.clock import Month, business_day
from haitang.kernel.display import month_text
from haitang.kernel.errors import Conflict, Invalid, NotAllowed
from haitang.kernel.models import AuditEntry
from haitang.policy import rules, selectors, settled
from haitang.policy.comparing import Change, compare
from haitang.policy.document import DEFAULT, Document, parse
from haitang.policy.models import PolicyDraft, PolicyVersion, PolicyWithdrawal
from haitang.policy.typed import faults_of, whole

STREAM = "policy"
NAME_LENGTH, REASON_LENGTH = 60, 300
State = PolicyDraft.State


def copy_version(
    *, version: PolicyVersion | None, name: str, by: User, now: datetime
) -> PolicyDraft:
    """A new draft that says what the version says (None: the plan's own text)."""
    document = whole(version.document if version else DEFAULT)
    document["code"] = _name(name)
    with transaction.atomic():
        draft = PolicyDraft.objects.create(
            name=document["code"],
            based_on=version,
            document=document,
            created_at=now,
            created_by=by,
            changed_at=now,
            changed_by=by,
        )
        copied = str(version) if version else "运营方案原文"
        _record("copy_policy", draft, by=by, now=now, details={"copied": copied})
    return draft


def save_draft(
    *, draft: PolicyDraft, name: str, document: Document, seen: int, by: User, now: datetime
) -> list[Change]:
    """Keep what was typed, faults and all; returns what changed.

    ``seen`` is the revision that the person had before the eyes. Conflict when somebody saved
    in between, or the draft is published or discarded.
    """
    name = _name(name)
    document = {**document, "code": name}
    changes = compare(draft.document, document)
    if name != draft.name:
        changes.insert(0, Change(("code",), "代号", f"“{draft.name}”", f"“{name}”"))
    with transaction.atomic():
        _claim(draft, seen, name=name, document=document, changed_at=now, changed_by=by)
        if changes:
            details = {"changes": [change.recorded() for change in changes]}
            _record("change_policy", draft, by=by, now=now, details=details)
    draft.refresh_from_db()
    return changes


def discard_draft(*, draft: PolicyDraft, seen: int, by: User, now: datetime) -> None:
    """Put a draft away; Conflict when it changed meanwhile or is no longer in work."""
    with transaction.atomic():
        _claim(draft, seen, state=State.DISCARDED, changed_at=now, changed_by=by)
        _record("discard_policy", draft, by=by, now=now)


def publish_draft(
    *, draft: PolicyDraft, seen: int, month: Month, by: User, now: datetime
) -> PolicyVersion:
    """Publish the draft as it was seen, in force from the first day of ``month``.

    Invalid with every fault of the document; Conflict for a month that has begun, that another
    version was published for, or whose policy must stay because it is settled; Conflict, too,
    when the draft changed meanwhile. NotAllowed for who had a hand in the draft (four eyes).
    """
    _require_other_eyes(draft, by)
    if faults := faults_of(draft.document):
        raise Invalid(
            f"“{draft.name}”还不能发布，请先改好下面的 {len(faults.sentences)} 处：",
            details=faults.sentences,
        )
    document = parse({**draft.document, "valid_from": month.first.isoformat()}).document
    with transaction.atomic():
        _one_at_a_time()
        _check_month(month, now=now)
        version = PolicyVersion.objects.create(
            code=draft.name,
            valid_from=month.first,
            document=document,
            recorded_at=now,
            recorded_by=by,
        )
        _claim(draft, seen, state=State.PUBLISHED, published=version)
        before = selectors.version_before(version)
        changes = compare(before.document if before else DEFAULT, document)
        details = {"month": str(month), "changes": [change.recorded() for change in changes]}
        _record("publish_policy", draft, by=by, now=now, details=details)
    return version


def withdraw_version(*, version: PolicyVersion, reason: str, by: User, now: datetime) -> None:
    """Take a publication back before its month begins; its draft is in work again.

    Conflict when the month has begun or is settled, or it was taken back already.
    """
    if not reason.strip():
        raise Invalid("请写明撤回的理由：它会留在修改历史里。")
    if len(reason.strip()) > REASON_LENGTH:
        raise Invalid(f"撤回的理由最多 {REASON_LENGTH} 个字：请写短一些。")
    month = Month.of(version.valid_from)
    with transaction.atomic():
        _one_at_a_time()
        if version.valid_from <= business_day(now):
            raise Conflict(
                f"“{version.code}”从{month_text(month)}起已经生效，不能撤回："
                "请另起草一版，从以后的月份起执行。"
            )
        if objection := settled.objection_to(month):
            raise Conflict(f"“{version.code}”不能撤回：{objection}")
        _, is_new = PolicyWithdrawal.objects.get_or_create(
            version=version, defaults={"at": now, "by": by, "reason": reason.strip()}
        )
        if not is_new:
            raise Conflict(f"“{version.code}”已经撤回了：请刷新页面。")
        PolicyDraft.objects.filter(published=version).update(
            state=State.OPEN, published=None, revision=F("revision") + 1
        )
        audit.record(
            stream=STREAM,
            act="withdraw_policy",
            by=by,
            now=now,
            obj=version,
            details={"month": str(month), "reason": reason.strip()},
        )


def own_work(draft: PolicyDraft, by: User) -> str:
    """Why this person may not publish the draft: it is his own; empty for anybody else's."""
    try:
        _require_other_eyes(draft, by)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def first_month_to_publish(now: datetime) -> Month:
    """The next month: the first whose policy may still change."""
    return Month.of(business_day(now)).plus(1)


def _require_other_eyes(draft: PolicyDraft, by: User) -> None:
    """Who copied or changed the draft does not publish it, neither as anybody's deputy."""
    acting = acting_by(by, rules.may_publish_policy)
    publishing = Act(by.pk, acting.person_id if acting else None, "发布制度", str(by))
    for drafted in _drafted_by(draft):
        require_different_people(drafted, publishing)


def _drafted_by(draft: PolicyDraft) -> list[Act]:
    """Everybody who worked on the draft, out of the audit trail. One query."""
    trail = AuditEntry.objects.filter(
        stream=STREAM,
        object_type=PolicyDraft._meta.label_lower,
        object_id=str(draft.pk),
        act__in=("copy_policy", "change_policy"),
    )
    return [
        Act(actor, details.get("on_behalf_of_id"), "起草制度", name)
        for actor, name, details in trail.values_list("actor_id", "actor_name", "details")
        if actor
    ]


def _check_month(month: Month, *, now: datetime) -> None:
    first = first_month_to_publish(now)
    if month < first:
        raise Conflict(
            f"{month_text(month)}已经开始或过去，它的制度不能再改：请选{month_text(first)}或以后的月份。"
        )
    if objection := settled.objection_to(month):
        raise Conflict(f"不能从{month_text(month)}起改制度：{objection}")
    other = selectors.standing().filter(valid_from=month.first).first()
    if other:
        raise Conflict(
            f"从{month_text(month)}起已经发布了“{other.code}”，两版不能同一天生效："
            "请先撤回那一版，或选别的月份。"
        )


def _claim(draft: PolicyDraft, seen: int, **fields: Any) -> None:
    """Compare and set: the draft is in work and as it was seen, or somebody was first."""
    rows = PolicyDraft.objects.filter(pk=draft.pk, state=State.OPEN, revision=seen)
    if rows.update(revision=seen + 1, **fields):
        return
    latest = selectors.draft_of(draft.pk)
    if latest.state != State.OPEN:
        raise Conflict(
            f"草稿“{latest.name}”{latest.get_state_display()}，不能再改：请复制一份再起草。"
        )
    raise Conflict(
        f"草稿“{latest.name}”刚由{latest.changed_by}改过，与您看到的不同：请核对后再做一次。"
    )


def _one_at_a_time() -> None:
    """Whoever publishes or takes back waits for the other; ends with the transaction."""
    list(PolicyDraft.objects.select_for_update().order_by("pk").values_list("pk"))


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise Invalid("请给这一版制度起个代号，例如“2027 年制度”。")
    if len(name) > NAME_LENGTH:
        raise Invalid(f"代号最多 {NAME_LENGTH} 个字：请写短一些。")
    return name


def _record(
    act: str,
    draft: PolicyDraft,
    *,
    by: User,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        stream=STREAM,
        act=act,
        by=by,
        now=now,
        obj=draft,
        object_name=draft.name,
        details=dict(details or {}),
    )

"""Publishing policies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from haitang.policy.document import parse
from haitang.policy.models import PolicyVersion


def publish_policy(*, document: Mapping[str, Any], by: User | None, now: datetime) -> PolicyVersion:
    """Publish a document, whole or partial, as a new version; checked first (Invalid).

    The same document as the version already in force from that day changes nothing.
    """
    policy = parse(document)
    latest = PolicyVersion.objects.filter(valid_from=policy.valid_from).order_by("-id").first()
    if latest and latest.document == policy.document:
        return latest
    return PolicyVersion.objects.create(
        code=policy.code,
        valid_from=policy.valid_from,
        document=policy.document,
        recorded_at=now,
        recorded_by=by,
    )

"""What a person may do, in words (docs/permissions.md says the same as a table)."""

from __future__ import annotations

from accounts.models import User
from accounts.rights import named_rights

# Said more closely beside them: of all stores, or of the own one.
_GENERAL = ("看活动和门店", "看销售明细")
EVERYONE = "看工作台和本人的资料、提成，改自己的密码，为自己登记代理人"


def rights_of(user: User) -> list[str]:
    """What the person may do today, one phrase each."""
    named = ((words, right) for words, right in named_rights() if words not in _GENERAL)
    return [words for words, right in named if right(user)] + [EVERYONE]

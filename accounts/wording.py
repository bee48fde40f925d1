"""What a person may do, in words (docs/permissions.md says the same as a table)."""

from __future__ import annotations

from accounts import rules
from accounts.models import User
from accounts.rules import Predicate

_RIGHTS: tuple[tuple[str, Predicate], ...] = (
    ("看月度结算", rules.may_see_months),
    ("计算一个月", rules.may_calculate),
    ("写明理由放行结算的问题", rules.may_override),
    ("看所有门店的活动", rules.sees_all_stores),
    ("看本店的活动", rules.is_store_manager & ~rules.sees_all_stores),
    ("看所有门店的销售明细", rules.may_see_all_sales),
    ("看本店的销售明细", rules.is_store_manager & ~rules.may_see_all_sales),
    ("看销售导入", rules.may_see_imports),
    ("导入和撤回销售", rules.may_import),
    ("看人员、任职和部门", rules.may_see_people),
    ("登记人员、任职和部门，重设密码", rules.may_manage_people),
    ("看操作记录", rules.may_see_audit),
)
EVERYONE = "看工作台和本人的资料，改自己的密码，为自己登记代理人"


def rights_of(user: User) -> list[str]:
    """What the person may do today, one phrase each."""
    return [words for words, predicate in _RIGHTS if predicate(user)] + [EVERYONE]

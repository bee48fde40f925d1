"""The roles of the house: the seven that share the pool and the seven beside them."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """A post that a person holds from one day to another (任职)."""

    PLANNER = "planner", "总策划"
    SUPERVISOR = "supervisor", "总督导"
    COPY = "copy", "文案编辑"
    ART = "art", "美工"
    IT = "it", "信息部对接人"
    OPS = "ops", "运营部对接人"
    CS = "cs", "客服部对接人"
    GENERAL_MANAGER = "general_manager", "总经理"
    VICE_GENERAL_MANAGER = "vice_general_manager", "副总经理"
    FINANCE = "finance", "财务"
    CLERK = "clerk", "结算专员"
    LIAISON = "liaison", "部门对接人"
    STORE_MANAGER = "store_manager", "店长"
    EMPLOYEE = "employee", "员工"


# 直接管理人团队: exactly these four (docs/rules.md §1).
DIRECT_MANAGEMENT = (Role.PLANNER, Role.SUPERVISOR, Role.COPY, Role.ART)
# 对接人: one each of 信息部, 运营部, 客服部.
LIAISONS = (Role.IT, Role.OPS, Role.CS)
# Those who share the pool, in the order of the policy's table.
TEAM = DIRECT_MANAGEMENT + LIAISONS

# The departments' names when the house began; afterwards Department.liaison_role says it.
LIAISON_DEPARTMENT = {Role.IT: "信息部", Role.OPS: "运营部", Role.CS: "客服部"}

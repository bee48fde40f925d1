"""Who may do what with settlements: the house's predicates under this app's names."""

from __future__ import annotations

from accounts.rights import name_rights
from accounts.roles import Role
from accounts.rules import (
    has_role,
    is_administrator,
    is_finance,
    is_manager,
    is_team,
    may_calculate,
    may_override,
    may_see_months,
    may_see_sales,
)

__all__ = ["may_calculate", "may_override", "may_see_months", "may_see_sales"]

# What single persons get is for those who answer for it, and for finance, which pays it.
may_see_amounts = is_manager | is_finance | has_role(Role.SUPERVISOR)
may_pay = is_finance

# Deductions: what they are stands on the month's page, too; whoever is of the house may tell of
# one. Who decides which is the rule's assessor (incentives.assessors).
may_see_kpi = may_see_months
may_tell_events = has_role(*Role) | is_administrator
may_decide_events = is_manager | has_role(Role.PLANNER, Role.SUPERVISOR)
may_score = is_manager
may_look_for_evidence = may_decide_events | is_administrator
may_see_kpi_of_others = may_decide_events | is_finance | is_administrator

# The funds are the team's; the books are for those who answer for the money.
may_see_funds = may_see_months
may_request_expenses = is_team
may_decide_expenses = is_manager
may_see_vouchers = is_manager | is_finance | is_administrator
may_edit_fees = is_finance
may_take_up_fees = is_manager | is_finance | is_administrator
# With each person's balance in it: what somebody gets is not the administrator's business.
may_see_ledger = is_finance | has_role(Role.GENERAL_MANAGER)

# The settlement's life: three people (accounts.separation); incentives.states says who takes what.
may_submit = has_role(Role.SUPERVISOR, Role.CLERK)
may_approve = has_role(Role.GENERAL_MANAGER)
may_return = may_submit | may_approve
may_close = is_finance | may_approve

name_rights(
    ("看每个人的提成和付款", may_see_amounts),
    ("提交一个月的结算", may_submit),
    ("批准和撤销批准", may_approve),
    ("退回或撤回提交", may_return),
    ("登记付款和收款账户，导出银行文件", may_pay),
    ("关账", may_close),
    ("登记扣减", may_tell_events),
    ("确认、更改、免除扣减", may_decide_events),
    ("给总策划、总督导打分", may_score),
    ("查系统里的证据", may_look_for_evidence),
    ("看别人的扣减", may_see_kpi_of_others),
    ("申请公费", may_request_expenses),
    ("批准公费", may_decide_expenses),
    ("看公费的凭证", may_see_vouchers),
    ("登记录用稿件的稿费", may_take_up_fees),
    ("看账本", may_see_ledger),
)

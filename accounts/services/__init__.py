"""Writes about people: every one is an act in the audit stream ``people``."""

from accounts.services.departments import (
    add_department,
    change_department,
    department_named,
    department_of_liaison,
)
from accounts.services.deputies import act_details, acting_for, end_deputy, set_deputy
from accounts.services.people import (
    change_password,
    change_person,
    close_account,
    create_person,
    reopen_account,
    reserved_fault,
    reset_password,
)
from accounts.services.saved_views import delete_view, save_view
from accounts.services.tenures import (
    Saved,
    add_tenure,
    correct_tenure,
    end_tenure,
    remove_tenure,
)

__all__ = [
    "Saved",
    "act_details",
    "acting_for",
    "add_department",
    "add_tenure",
    "change_department",
    "change_password",
    "change_person",
    "close_account",
    "correct_tenure",
    "create_person",
    "delete_view",
    "department_named",
    "department_of_liaison",
    "end_deputy",
    "end_tenure",
    "remove_tenure",
    "reopen_account",
    "reserved_fault",
    "reset_password",
    "save_view",
    "set_deputy",
]

"""People, departments and tenures to look at: each is changed on its page, with a trail.

What a page does not offer, the first administrator and whether somebody may enter here, is done
on the server (``manage.py createsuperuser``).
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.models import Department, Tenure, User
from haitang.kernel.admin import ReadOnlyAdmin

# What somebody may do comes from tenures; groups would give nothing, and be given without a trail.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin):
    """People; of the password not even the digest."""

    list_display = ("username", "name", "department", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "department")
    search_fields = ("username", "name")
    fields = (
        *("username", "name", "department", "is_active", "last_day", "must_change_password"),
        *("is_staff", "is_superuser", "last_login", "date_joined"),
    )


@admin.register(Department)
class DepartmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "takes_part", "liaison_role")


@admin.register(Tenure)
class TenureAdmin(ReadOnlyAdmin):
    list_display = ("user", "role", "valid_from", "valid_to", "share", "store_code")
    list_filter = ("role",)
    search_fields = ("user__username", "user__name")

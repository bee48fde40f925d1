"""People, departments and tenures for the administrator's repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.models import Department, Tenure, User

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyUserAdmin = UserAdmin[User]
else:
    AnyAdmin = admin.ModelAdmin
    AnyUserAdmin = UserAdmin


@admin.register(User)
class PersonAdmin(AnyUserAdmin):
    """People. What a person may do comes from tenures, so groups are not offered."""

    list_display = ("username", "name", "department", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "department")
    search_fields = ("username", "name")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "name", "department")}),
        (
            "状态",
            {
                "fields": (
                    "is_active",
                    "last_day",
                    "must_change_password",
                    "is_staff",
                    "is_superuser",
                )
            },
        ),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "department", "password1", "password2")}),
    )
    filter_horizontal = ()


@admin.register(Department)
class DepartmentAdmin(AnyAdmin):
    list_display = ("name", "takes_part", "liaison_role")


@admin.register(Tenure)
class TenureAdmin(AnyAdmin):
    list_display = ("user", "role", "valid_from", "valid_to", "share", "store_code")
    list_filter = ("role",)
    search_fields = ("user__username", "user__name")
    autocomplete_fields = ("user",)

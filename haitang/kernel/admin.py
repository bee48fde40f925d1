"""The kernel's rows for the administrator: to look at; a failed job can be retried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from haitang.kernel import clock
from haitang.kernel.errors import Refusal
from haitang.kernel.jobs import retry_job
from haitang.kernel.models import AuditEntry, Job, Lease, Notice, StoredFile

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
else:
    AnyAdmin = admin.ModelAdmin


class ReadOnlyAdmin(AnyAdmin):
    """Rows that people only look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "state", "attempts", "created_at", "started_at", "finished_at")
    list_filter = ("state", "kind")
    search_fields = ("key", "error")
    exclude = ("result",)  # figures that not everybody who mends jobs may see
    actions = ("retry",)

    @admin.action(description="重试所选的失败任务", permissions=["view"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        if not request.user.is_superuser:
            messages.error(request, "只有系统管理员可以重试任务。")
            return
        for job in queryset:
            try:
                retry_job(job=job, by=request.user, now=clock.now())
            except Refusal as refusal:
                messages.error(request, str(refusal))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("stream", "number", "at", "actor_name", "act", "object_name")
    list_filter = ("stream", "act")
    search_fields = ("object_id", "object_name", "actor_name")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("name", "holder", "until")


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "text", "created_at", "read_at")


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "size", "created_at", "created_by")
    search_fields = ("name", "digest")

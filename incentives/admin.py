"""Settlement rows for the administrator: all of them are records, so only to look at."""

from __future__ import annotations

from django.contrib import admin

from haitang.kernel.admin import ReadOnlyAdmin
from incentives.models import (
    KpiEvent,
    OpeningBalance,
    ProblemOverride,
    ReserveExpense,
    SettlementRun,
)


@admin.register(KpiEvent)
class KpiEventAdmin(ReadOnlyAdmin):
    list_display = ("month", "rule", "quantity", "state", "recorded_by", "confirmed_by")
    list_filter = ("state", "rule")


@admin.register(ReserveExpense)
class ReserveExpenseAdmin(ReadOnlyAdmin):
    list_display = ("date", "kind", "amount", "note", "recorded_by")


@admin.register(OpeningBalance)
class OpeningBalanceAdmin(ReadOnlyAdmin):
    list_display = ("month", "maintenance", "reserve", "recorded_at")


@admin.register(ProblemOverride)
class ProblemOverrideAdmin(ReadOnlyAdmin):
    list_display = ("month", "code", "campaign", "store", "subject", "overridden_by")


@admin.register(SettlementRun)
class SettlementRunAdmin(ReadOnlyAdmin):
    list_display = ("month", "number", "pool", "open_problems", "calculated_at", "calculated_by")
    # What each person gets is not the administrator's business (docs/permissions.md).
    exclude = ("document", "trace", "summary")
    list_filter = ("policy_code",)

"""A campaign's uplift as text, for the settlement document and the pages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from campaigns.uplift import CampaignUplift, PlannedDay, StoreUplift


def shown_campaign(uplift: CampaignUplift) -> dict[str, object]:
    """The campaign as the settlement document lists it (docs/datapack.md)."""
    campaign = uplift.plan.campaign
    planned: dict[str, list[PlannedDay]] = defaultdict(list)
    for day in uplift.plan.days:
        planned[day.store].append(day)
    return {
        "code": campaign.code,
        "scale": campaign.scale,
        "kind": campaign.kind,
        "comparator": uplift.plan.comparator,
        "actual": uplift.actual.shown(),
        "baseline": uplift.baseline.shown(),
        "uplift": uplift.uplift.shown(),
        "stores": [_shown_store(store, planned[store.store]) for store in uplift.stores],
        "left_out": [
            {"store": store, "reason": reason}
            for store, reason in sorted(uplift.plan.left_out.items())
        ],
    }


def shown_days(uplift: CampaignUplift) -> list[dict[str, object]]:
    """Every store-day of the campaign with its figures, its baseline days and those skipped."""
    figures = {(day.plan.store, day.plan.day): day for each in uplift.stores for day in each.days}
    shown: list[dict[str, object]] = []
    for planned in uplift.plan.days:
        entry: dict[str, object] = {
            "store": planned.store,
            "date": planned.day.isoformat(),
            "left_out": planned.left_out,
            "skipped_days": [
                {"date": skip.day.isoformat(), "reason": skip.reason} for skip in planned.skipped
            ],
            "baseline_days": [],
        }
        if day := figures.get((planned.store, planned.day)):
            entry["actual"] = day.actual.shown()
            entry["baseline"] = day.baseline.shown()
            entry["uplift"] = (day.actual - day.baseline).shown()
            entry["baseline_days"] = [
                {"date": each.isoformat(), **metrics.shown()}
                for each, metrics in zip(planned.baseline, day.baseline_days, strict=True)
            ]
        shown.append(entry)
    return shown


def _shown_store(store: StoreUplift, planned: Sequence[PlannedDay]) -> dict[str, object]:
    return {
        "store": store.store,
        "margin_actual": store.actual.shown()["margin"],
        "margin_baseline": store.baseline.shown()["margin"],
        "margin_uplift": (store.actual - store.baseline).shown()["margin"],
        "baseline_days": [each.isoformat() for day in planned for each in day.baseline],
        "skipped_days": [
            {"date": skip.day.isoformat(), "reason": skip.reason}
            for day in planned
            for skip in day.skipped
        ],
    }

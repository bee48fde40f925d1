"""Writes of the campaigns app."""

from campaigns.services.calendar import confirm_year, set_days
from campaigns.services.entering import (
    change_campaign,
    enter_campaign,
    link_article,
    set_status,
)
from campaigns.services.stores import StoreEntry, add_store, change_store
from campaigns.services.uplift import compute_uplift

__all__ = [
    "StoreEntry",
    "add_store",
    "change_campaign",
    "change_store",
    "compute_uplift",
    "confirm_year",
    "enter_campaign",
    "link_article",
    "set_days",
    "set_status",
]

"""Writes of the campaigns app."""

from campaigns.services.calendar import confirm_year, set_days
from campaigns.services.stores import StoreEntry, add_store, change_store
from campaigns.services.uplift import compute_uplift

__all__ = [
    "StoreEntry",
    "add_store",
    "change_store",
    "compute_uplift",
    "confirm_year",
    "set_days",
]

"""One loader a file: how a row becomes an entry, and how the entries are kept."""

from haitang.datapack.loaders.campaigns import ARTICLES, CAMPAIGNS, MANUSCRIPTS, PARTICIPANTS
from haitang.datapack.loaders.masters import CALENDAR, STAFF, STORES
from haitang.datapack.loaders.money import FUND, KPI_EVENTS, RESERVE_EXPENSES

# In this order: each finds what it refers to.
BEFORE_SALES = (STORES, CALENDAR, STAFF, ARTICLES, CAMPAIGNS)
AFTER_SALES = (PARTICIPANTS, KPI_EVENTS, MANUSCRIPTS, RESERVE_EXPENSES, FUND)

__all__ = ["AFTER_SALES", "BEFORE_SALES"]

"""Stores, the holiday calendar, sales facts and campaigns."""

from campaigns.models.calendar import CalendarDay, CalendarYear
from campaigns.models.campaign import Campaign, CampaignResult, Participation
from campaigns.models.paper import CampaignPaper
from campaigns.models.sales import (
    BadRow,
    ItemCost,
    MemberCard,
    SaleLine,
    SalesImport,
    SourceMapping,
    StoreDay,
)
from campaigns.models.store import Store

__all__ = [
    "BadRow",
    "CalendarDay",
    "CalendarYear",
    "Campaign",
    "CampaignPaper",
    "CampaignResult",
    "ItemCost",
    "MemberCard",
    "Participation",
    "SaleLine",
    "SalesImport",
    "SourceMapping",
    "Store",
    "StoreDay",
]

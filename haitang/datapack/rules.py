"""Who may load data packs."""

from __future__ import annotations

from accounts.rules import is_administrator

may_load_packs = is_administrator

"""The double-entry ledger: chart of accounts, posting, balances, verification.

``posting.post`` is the only writer. docs/accounting.md explains the accounts and each posting.
"""

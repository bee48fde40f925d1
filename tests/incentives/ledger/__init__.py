"""The ledger: posting, what the database refuses, verification."""

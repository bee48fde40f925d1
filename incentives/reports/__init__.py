"""The payout report, the year's overview, and the table for a terminal."""

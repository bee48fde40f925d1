"""An app for tests with processes: every text message leaves one row that can be counted."""

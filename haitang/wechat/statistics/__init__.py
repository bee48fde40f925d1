"""WeChat's statistics, kept in tables of our own: pulled by day, resumable, looked at here."""

"""Plain functions that make rows for tests; every argument has a default that is valid."""

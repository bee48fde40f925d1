"""A month's way from draft to closed, and what speaks against a step."""

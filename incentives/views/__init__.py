"""Pages of the settlement."""

"""A month calculated: inputs gathered, figures computed, the run kept."""

"""Sales files: reading, mapping, checking, loading, switching, withdrawing."""

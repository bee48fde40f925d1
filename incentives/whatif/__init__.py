"""What another policy would have given."""

"""A person's part of a month, to the last cent."""

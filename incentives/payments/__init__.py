"""What is owed after an approval, and what the bank made of it."""

"""What is remembered of each contact."""

"""What values mean."""

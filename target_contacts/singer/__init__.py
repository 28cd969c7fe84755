"""Read Singer messages, and keep STATE in order."""

"""Read the lines of Singer, and keep STATE in order."""

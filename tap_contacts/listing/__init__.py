"""Read a whole list while it changes, and know how far it was read."""

"""How lists are read while they change."""

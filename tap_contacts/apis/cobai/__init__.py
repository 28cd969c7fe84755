"""cobai, B2B commerce."""

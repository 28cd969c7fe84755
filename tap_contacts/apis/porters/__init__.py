"""PORTERS (HRBC), recruiting."""

"""All together: every API, every pair of them, Meltano."""

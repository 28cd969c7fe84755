"""What tap and target both know of each API: settings, sign-in, error codes, limits, reading."""

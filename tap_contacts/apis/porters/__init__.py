"""PORTERS (HRBC), recruiting: settings, sign-in, error codes, wire form and reading."""

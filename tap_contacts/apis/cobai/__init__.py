"""cobai, B2B commerce: settings, sign-in, error codes, wire form and reading."""

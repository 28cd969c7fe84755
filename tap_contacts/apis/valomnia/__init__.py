"""Valomnia, field sales: settings, sign-in, error codes and reading."""

"""Valomnia, field sales."""

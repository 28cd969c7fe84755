"""Contacts written into Valomnia."""

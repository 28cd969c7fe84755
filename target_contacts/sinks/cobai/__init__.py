"""Contacts written into cobai."""

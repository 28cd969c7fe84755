"""Zoho Voice, cloud telephony: settings, sign-in, error codes and reading."""

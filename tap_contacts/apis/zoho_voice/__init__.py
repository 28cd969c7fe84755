"""Zoho Voice, cloud telephony."""

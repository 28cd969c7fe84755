"""Tests of the commands that look into ledger and rejects."""

"""Promises of tap-contacts and target-contacts, each tested through real HTTP."""

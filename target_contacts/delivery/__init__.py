"""Decide what is sent, and remember what became of it: nothing lost, nothing doubled."""

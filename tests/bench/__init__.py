"""Measure how fast tap and target are, beside others; see `python -m tests.bench --help`."""

"""Tests of what all sinks do alike."""

"""Tests of the runs that write one input into many accounts."""

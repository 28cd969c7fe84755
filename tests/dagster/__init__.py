"""Dagster with the job of this folder, where `make dagster` asks for it."""

"""The recipes of `docs/orchestration.md` that need no more than the commands."""

"""What both commands promise as commands."""

"""Take the records of a run from the pipe to their outcome."""

"""From a line of the input to its outcome."""

"""One module per API that can be read."""

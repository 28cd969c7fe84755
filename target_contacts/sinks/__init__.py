"""One module per API that can be written."""

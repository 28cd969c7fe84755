"""Look into the ledger and the rejects, and repair what a run could not."""

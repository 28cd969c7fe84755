"""Report what became of the records: summary and rejects."""

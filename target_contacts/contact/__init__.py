"""Find the contact in a record of any shape; the vocabulary of its attributes."""

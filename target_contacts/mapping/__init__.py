"""Turn a contact into the fields of a destination, and say what is lost."""

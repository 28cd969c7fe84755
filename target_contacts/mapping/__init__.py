"""Turn a contact into the fields of a destination, and name what is lost."""

"""How a contact becomes the fields of a destination."""

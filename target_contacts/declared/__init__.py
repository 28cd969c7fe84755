"""The target's own settings as its JSON schema has them: names, types, defaults, descriptions."""

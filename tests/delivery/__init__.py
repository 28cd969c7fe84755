"""How contacts are matched and written: none doubled, none lost, none overwritten."""

"""Find the ids of what contacts belong to: their clients, customers and owners."""

"""Write one input into many accounts, each by a run of its own."""

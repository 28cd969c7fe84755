"""What a run would write, and a run that writes just that."""

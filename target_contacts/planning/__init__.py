"""Say what a run would write, field by field, and carry out just that."""

"""What is promised of one API."""

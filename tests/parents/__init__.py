"""What is promised of looking up what contacts belong to."""

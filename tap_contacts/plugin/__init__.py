"""What both commands do alike: settings, signals, standard streams, progress."""

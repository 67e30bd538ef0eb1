"""What runs: the runner takes what is due, the engine remembers steps, one run is taken to its end."""

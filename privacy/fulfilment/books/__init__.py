"""What is remembered of a request while it is carried out: when it is worked on, how far each system is, notes."""

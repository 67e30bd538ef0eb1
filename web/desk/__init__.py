"""The desk: the application of the people who take over, on a port of its own."""

"""Stop: restrict, object, withdraw consent."""

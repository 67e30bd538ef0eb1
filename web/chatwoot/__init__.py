"""The door at which Chatwoot rings."""

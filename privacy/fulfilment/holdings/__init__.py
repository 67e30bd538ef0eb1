"""What is held about a person, as it may be shown: rows, the reasons beside them, nothing that is never shown."""

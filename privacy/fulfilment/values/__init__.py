"""Values: read and checked, in words, and as each system spells them. Nothing here knows a request."""

"""What the company holds about people, and why: the data map."""

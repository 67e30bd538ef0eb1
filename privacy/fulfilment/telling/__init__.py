"""Who hears of it: the customer (news), and those who received data (recipients)."""

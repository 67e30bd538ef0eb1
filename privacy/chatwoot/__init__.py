"""Chatwoot as the desk: conversations that should have a person are told there, and what its agents write comes back.

Chatwoot's webhooks only ring: everything is read from its API, so a forged, repeated or lost one changes nothing.
"""

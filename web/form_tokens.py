"""What a form must carry to be taken for one of our own, and an id so that pressing twice acts once.

The token is an HMAC of the session's secret, so it needs no memory and changes with the session.
"""

import hashlib
import hmac
import secrets


def form_token(token: str) -> str:
    """What a form of this session must carry."""
    return hmac.new(token.encode(), b"vera form", hashlib.sha256).hexdigest()[:32]


def is_form_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def new_client_id() -> str:
    """An id for a message sent from a page without JavaScript: pressing twice sends once."""
    return secrets.token_urlsafe(12)

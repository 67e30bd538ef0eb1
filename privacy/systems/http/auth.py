"""How Vera shows a service who is asking. Holds secrets: it is never printed or logged."""

import base64
from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from privacy.datamap.http_parts import (
    Auth,
    Basic,
    Bearer,
    ClientCredentials,
    HeaderKey,
)
from privacy.systems.http.exchange import Question
from privacy.systems.http.pace import Pace

type Fetch = Callable[[Question, str], Any]

_UNSAID: Final = 300.0  # seconds that a token is used for, where the service does not say
_EARLY: Final = 30.0


class Credentials:
    """The headers that prove who asks; a fetched token is kept until shortly before its end."""

    def __init__(self, auth: Auth, pace: Pace) -> None:
        self._auth = auth
        self._pace = pace
        self._token: str | None = None
        self._until = 0.0
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"Credentials({self._auth.kind})"

    def headers(self, fetch: Fetch) -> list[tuple[str, str]]:
        """`fetch` asks the given address for a token; its errors pass through."""
        match self._auth:
            case Bearer(token=token):
                return [("Authorization", f"Bearer {token}")]
            case HeaderKey(name=name, value=value):
                return [(name, value)]
            case Basic(username=username, password=password):
                return [("Authorization", _basic(f"{username}:{password}"))]
            case ClientCredentials():
                return [("Authorization", f"Bearer {self._fetched(self._auth, fetch)}")]
        return []

    def forget(self) -> bool:
        """Drop a fetched token; says whether there is any use in asking again."""
        with self._lock:
            had = self._token is not None
            self._token = None
            return had

    def _fetched(self, auth: ClientCredentials, fetch: Fetch) -> str:
        with self._lock:
            if self._token is not None and self._pace.now() < self._until:
                return self._token
        form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
        # RFC 6749, 2.3.1 has name and secret form-encoded before they are put together; many
        # services take them only in the body, which the same section allows.
        form |= {"client_id": auth.client_id, "client_secret": auth.client_secret}
        parts = urlsplit(auth.token_url)
        body = urlencode(form, quote_via=quote_plus).encode()
        answer = fetch(Question("POST", parts.path or "/", body, form=True), auth.token_url)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            token = ""  # refused by the service a moment later, with a status that tells why
        lasts = answer.get("expires_in") if isinstance(answer, dict) else None
        seconds = float(lasts) if isinstance(lasts, int | float) else _UNSAID
        with self._lock:
            self._token = token
            self._until = self._pace.now() + max(seconds - _EARLY, 1.0)
        return token


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()

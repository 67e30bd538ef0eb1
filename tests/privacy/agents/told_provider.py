"""A provider that answers as it is told: right by default, and forged, late or broken where a test says so."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from privacy.agents.provider.line import Line
from privacy.agents.provider.provider import Arrival, Provider
from privacy.agents.provider.setting import Access
from privacy.clock import FixedClock
from privacy.store.keyring import Keyring

ISSUER = "https://login.alder.example/realm"
SECRET = "a secret of forty letters, more or less."
ACCESS = Access(
    issuer=ISSUER,
    client_id="vera",
    client_secret=SECRET,
    scopes="openid profile email",
    role_claim="roles",
    redirect_uri="https://desk.alder.example/sign-in/provider/back",
)


class ToldProvider:
    """Both sides: what the provider says, and Vera's side of it."""

    def __init__(self, clock: FixedClock, access: Access = ACCESS) -> None:
        self.clock, self.access = clock, access
        self.keyring = Keyring([bytes(32)])
        self.asked: list[httpx.Request] = []
        self.key: ECKey | OKPKey | RSAKey | OctKey = ECKey.generate_key("P-256", {"kid": "one"})
        self.published: list[Any] = [self.key]
        self.algorithm = "ES256"
        self.document: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=a",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        self.nonce = ""
        self.provider = self.vera()

    def vera(self, patience: float = 5) -> Provider:
        """Vera's side, that remembers nothing yet."""
        line = Line(patience=patience, transport=httpx.MockTransport(self._answer))
        return Provider(self.access, self.keyring, self.clock, line)

    async def sign_in(self, **changed: str) -> Arrival:
        """There and back, with these parameters changed on the way."""
        way = await self.provider.begin()
        sent = dict(parse_qsl(urlsplit(way.address).query))
        self.nonce = sent["nonce"]
        brought = {"state": sent["state"], "code": "c0de", "iss": ISSUER, **changed}
        return await self.provider.finish(
            way.sealed, {name: value for name, value in brought.items() if value}
        )

    def paths(self) -> list[str]:
        """What was asked for since the last call."""
        found = [request.url.path.removeprefix("/realm/") for request in self.asked]
        self.asked.clear()
        return found

    def form(self) -> dict[str, str]:
        """The fields of the last exchange of a code."""
        [asked] = [request for request in self.asked if request.url.path.endswith("/token")]
        return {name: values[0] for name, values in parse_qs(asked.content.decode()).items()}

    def token(self) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER, "aud": "vera", "sub": "7f3a", "iat": now, "exp": now + 300, "nonce": self.nonce,
            "name": "Kim Lee", "email": "kim@alder.example", "roles": ["team"], "at_hash": half_hash("acc355"),
            **self.claims,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        sent = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(sent, kept, self.key, algorithms=[self.algorithm])

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = await self._said(request)
        # As from a wire: not read yet.
        return httpx.Response(
            said.status_code, headers=said.headers, stream=httpx.ByteStream(said.content)
        )

    async def _said(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/realm/")
        if path in self.answers:
            return self.answers[path]()
        match path:
            case ".well-known/openid-configuration":
                return httpx.Response(200, json=self.document)
            case "keys":
                keys = KeySet(self.published).as_dict(private=False)
                return httpx.Response(200, json=keys)
            case "token":
                said = {"access_token": "acc355", "token_type": "Bearer", "id_token": self.token()}
                return httpx.Response(200, json=said)
            case "never":
                await asyncio.Event().wait()
        return httpx.Response(404)


def half_hash(text: str, kind: Callable[[bytes], Any] = hashlib.sha256) -> str:
    """`at_hash`, of ES256 and RS256 by default (OpenID Connect Core 1.0, section 3.1.3.6)."""
    whole: bytes = kind(text.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()

"""The way to the provider and back: where the browser is sent, and who it was that came back.

What must be the same on both ways (state, nonce, the verifier of PKCE) travels sealed in the browser's cookie, so nothing
is remembered here. The provider's document and keys are kept for an hour; an unknown key is asked for at once.
"""

import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.jwk import KeySet

from privacy.agents.errors import ProviderFailed
from privacy.agents.provider.line import Line
from privacy.agents.provider.setting import Access, is_safe
from privacy.agents.provider.tokens import KeyUnknown, read_keys, read_token
from privacy.clock import Clock
from privacy.store.keyring import Keyring, SealBroken

WAY_WITHIN: Final = timedelta(minutes=10)
_KEPT_FOR: Final = timedelta(hours=1)
_PLACE: Final = "desk.provider_way"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Way:
    """Where the browser goes, and what it brings back in its cookie."""

    address: str
    sealed: str

    def __repr__(self) -> str:
        return "Way(…)"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, as the provider says."""

    subject: str  # who they are, for ever, within the issuer
    issuer: str
    login: str
    name: str
    groups: frozenset[str]

    def __repr__(self) -> str:
        return "Arrival(…)"


@dataclass(frozen=True, slots=True)
class _Known:
    document: Mapping[str, Any]
    keys: KeySet
    since: datetime


class Provider:
    """The company's sign-in."""

    def __init__(self, access: Access, keyring: Keyring, clock: Clock, line: Line) -> None:
        self._access = access
        self._keyring = keyring
        self._clock = clock
        self._line = line
        self._kept: _Known | None = None

    async def begin(self) -> Way:
        """Begin a sign-in. Raises ProviderAway, ProviderFailed."""
        known = await self._known()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        address = prepare_grant_uri(
            known.document["authorization_endpoint"],
            self._access.client_id,
            "code",
            redirect_uri=self._access.redirect_uri,
            scope=self._access.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        until = int((self._clock.now() + WAY_WITHIN).timestamp())
        sealed = self._keyring.seal(json.dumps([state, nonce, verifier, until]), _PLACE)
        return Way(str(address), sealed.hex())

    async def finish(self, sealed: str, answer: Mapping[str, str]) -> Arrival:
        """Who came back, by the cookie and the parameters that the browser brought.

        Raises ProviderAway, ProviderFailed.
        """
        state, nonce, verifier = self._opened(sealed)
        if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
            raise ProviderFailed("the state is another one")
        known = await self._known()
        issuer = known.document["issuer"]
        if answer.get("iss", issuer) != issuer:  # RFC 9207
            raise ProviderFailed("another issuer answers")
        if "error" in answer or not answer.get("code"):
            raise ProviderFailed("the provider let nobody in")
        tokens = await self._exchange(known.document, answer["code"], verifier)
        expected = {
            "issuer": issuer,
            "client_id": self._access.client_id,
            "nonce": nonce,
            "access_token": tokens.get("access_token"),
            "now": self._clock.now(),
        }
        try:
            claims = read_token(tokens.get("id_token"), known.keys, **expected)
        except KeyUnknown:
            known = await self._known(anew=True)
            claims = read_token(tokens.get("id_token"), known.keys, **expected)
        return _arrival(claims, issuer, self._access.role_claim)

    # ---- Inside ----------------------------------------------------------------------------------------

    def _opened(self, sealed: str) -> tuple[str, str, str]:
        try:
            text = self._keyring.open(bytes.fromhex(sealed), _PLACE)
        except (SealBroken, ValueError):
            raise ProviderFailed("this browser began no sign-in") from None
        state, nonce, verifier, until = json.loads(text)
        if until <= self._clock.now().timestamp():
            raise ProviderFailed("the sign-in took too long")
        return state, nonce, verifier

    async def _exchange(
        self, document: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=self._access.redirect_uri,
            code=code,
            code_verifier=verifier,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        auth = ClientAuth(
            self._access.client_id, self._access.client_secret, self._method(document)
        )
        address, headers, body = auth.prepare("POST", document["token_endpoint"], headers, body)
        return await self._line.post(address, headers, body)

    def _method(self, document: Mapping[str, Any]) -> str:
        if not self._access.client_secret:
            return "none"
        offered = document.get("token_endpoint_auth_methods_supported")
        is_basic = not isinstance(offered, list) or "client_secret_basic" in offered
        return "client_secret_basic" if is_basic else "client_secret_post"

    async def _known(self, *, anew: bool = False) -> _Known:
        now = self._clock.now()
        if self._kept is None or anew or now - self._kept.since > _KEPT_FOR:
            document = await self._line.get(get_well_known_url(self._access.issuer, external=True))
            self._check(document)
            keys = read_keys(await self._line.get(document["jwks_uri"]))
            self._kept = _Known(document, keys, now)
        return self._kept

    def _check(self, document: Mapping[str, Any]) -> None:
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._access.issuer.rstrip("/"):
            raise ProviderFailed("the provider's document is about another issuer")
        for name in _ENDPOINTS:
            address = document.get(name)
            if not isinstance(address, str) or not is_safe(address):
                raise ProviderFailed(f"the provider's document has no {name} over https")


def _arrival(claims: Mapping[str, Any], issuer: str, role_claim: str) -> Arrival:
    subject = claims["sub"]
    if not 0 < len(subject) <= 255:
        raise ProviderFailed("an ID token names nobody")
    login = next(filter(None, (_email(claims), _text(claims, "preferred_username"), subject)))
    whole = " ".join(filter(None, (_text(claims, "given_name"), _text(claims, "family_name"))))
    name = next(filter(None, (_text(claims, "name"), whole, login)))
    return Arrival(subject, issuer, login, name, frozenset(_groups(claims, role_claim)))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _email(claims: Mapping[str, Any]) -> str:
    """An address that anybody may have typed is nobody's login."""
    return "" if claims.get("email_verified") is False else _text(claims, "email")


def _groups(claims: Mapping[str, Any], path: str) -> Collection[str]:
    """What stands in a claim, or inside of one: "realm_access.roles"."""
    found: object = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

"""ID tokens: signed by one of the provider's keys, for us, for this very sign-in, and not over yet.

OpenID Connect Core 1.0, section 3.1.3.7. Signatures are made with a private key: what is signed with a shared secret, or
with nothing, is refused.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from privacy.agents.errors import ProviderFailed

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
_SKEW: Final = 60  # seconds that the provider's clock may be off
_LONGEST: Final = 64 * 1024


class KeyUnknown(ProviderFailed):
    """Signed with a key that we have not got."""


def read_keys(document: Mapping[str, Any]) -> KeySet:
    """The provider's public keys. Raises ProviderFailed."""
    try:
        return KeySet.import_key_set({"keys": list(document["keys"])})
    except (JoseError, KeyError, TypeError, ValueError):
        raise ProviderFailed("the provider's keys cannot be read") from None


def read_token(
    token: object,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: object,
    now: datetime,
) -> Mapping[str, Any]:
    """What an ID token says. Raises KeyUnknown, ProviderFailed."""
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise ProviderFailed("there is no ID token")
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("alg") not in ALGORITHMS:
            raise ProviderFailed("an ID token is signed in no way that counts")
        kid = header.get("kid")
        if kid is not None and kid not in {key.kid for key in keys}:
            raise KeyUnknown("an ID token is signed with an unknown key")
        signed = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
            },
            {
                "nonce": nonce,
                "client_id": client_id,
                # Under the newer name of EdDSA, Authlib knows no hash for `at_hash` (RFC 9864).
                "access_token": None if header["alg"] == "Ed25519" else access_token,
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_SKEW)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        why = " ".join(filter(None, (type(error).__name__, getattr(error, "claim", ""))))
        raise ProviderFailed(f"an ID token does not count ({why})") from None
    return dict(claims)

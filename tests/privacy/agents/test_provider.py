"""The way to the company's sign-in and back: what is sent, and that nothing forged, stale or foreign is believed."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from privacy.agents.errors import ProviderAway, ProviderFailed
from privacy.agents.provider.line import LARGEST
from privacy.agents.provider.provider import WAY_WITHIN
from privacy.clock import FixedClock
from tests.privacy.agents.told_provider import ACCESS, ISSUER, SECRET, ToldProvider, half_hash

SECOND = timedelta(seconds=1)


@pytest.fixture
def there(clock: FixedClock) -> ToldProvider:
    return ToldProvider(clock)


# ---- There -----------------------------------------------------------------------------------------------


async def test_the_browser_is_sent_with_all_that_the_protocol_asks_for(there: ToldProvider) -> None:
    way, another = await there.provider.begin(), await there.provider.begin()
    address, sent = way.address.partition("?")[0], dict(parse_qsl(urlsplit(way.address).query))
    assert address == f"{ISSUER}/authorize"
    secret = {name: sent.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert sent == {
        "tenant": "a",
        "response_type": "code",
        "client_id": "vera",
        "redirect_uri": ACCESS.redirect_uri,
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    assert all(len(value) >= 43 for value in secret.values())
    assert not [value for value in secret.values() if value in another.address]
    kept = bytes.fromhex(way.sealed)
    assert not [value for value in secret.values() if value.encode() in kept]


async def test_document_and_keys_are_kept_for_an_hour(there: ToldProvider) -> None:
    both = [".well-known/openid-configuration", "keys"]
    for _ in range(3):
        await there.sign_in()
    assert there.paths() == [*both, "token", "token", "token"]
    there.clock.move(timedelta(hours=1))
    await there.sign_in()
    assert there.paths() == ["token"]
    there.clock.move(SECOND)
    await there.sign_in()
    assert there.paths() == [*both, "token"]


# ---- Back ------------------------------------------------------------------------------------------------


async def test_who_comes_back_is_told_by_the_token(there: ToldProvider) -> None:
    there.claims = {"roles": ["team", "all", 7], "aud": ["vera"]}
    arrival = await there.sign_in()
    assert (arrival.subject, arrival.issuer) == ("7f3a", ISSUER)
    assert (arrival.login, arrival.name) == ("kim@alder.example", "Kim Lee")
    assert arrival.groups == {"team", "all"}
    assert "kim" not in repr(arrival)


async def test_the_code_is_exchanged_with_the_verifier_of_this_sign_in(there: ToldProvider) -> None:
    way = await there.provider.begin()
    sent = dict(parse_qsl(urlsplit(way.address).query))
    there.nonce = sent["nonce"]
    await there.provider.finish(way.sealed, {"state": sent["state"], "code": "c0de"})
    form = there.form()
    assert create_s256_code_challenge(form.pop("code_verifier")) == sent["code_challenge"]
    assert form == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": ACCESS.redirect_uri,
    }


@pytest.mark.parametrize(
    ("methods", "secret", "basic", "fields"),
    [
        (None, SECRET, True, {}),
        (["client_secret_post", "client_secret_basic"], SECRET, True, {}),
        (["client_secret_post"], SECRET, False, {"client_id": "vera", "client_secret": SECRET}),
        (["client_secret_basic"], "", False, {"client_id": "vera"}),
    ],
)
async def test_vera_says_who_she_is_as_the_provider_wants_it(
    clock: FixedClock,
    methods: list[str] | None,
    secret: str,
    basic: bool,
    fields: dict[str, str],
) -> None:
    there = ToldProvider(clock, replace(ACCESS, client_secret=secret))
    if methods is not None:
        there.document["token_endpoint_auth_methods_supported"] = methods
    await there.sign_in()
    told = there.asked[-1].headers.get("authorization", "")
    expected = "Basic " + base64.b64encode(f"vera:{SECRET}".encode()).decode()
    assert told == (expected if basic else "")
    assert fields == {name: there.form()[name] for name in fields}
    assert ("client_secret" in there.form()) is ("client_secret" in fields)


@pytest.mark.parametrize(
    ("claims", "login", "name"),
    [
        ({"email_verified": False}, "7f3a", "Kim Lee"),
        ({"email_verified": False, "preferred_username": "kim"}, "kim", "Kim Lee"),
        ({"email": None, "name": None, "given_name": "Kim"}, "7f3a", "Kim"),
        ({"email": 5, "name": ["Kim"]}, "7f3a", "7f3a"),
    ],
)
async def test_logins_and_names_come_from_what_there_is(
    there: ToldProvider, claims: dict[str, Any], login: str, name: str
) -> None:
    there.claims = claims
    arrival = await there.sign_in()
    assert (arrival.login, arrival.name) == (login, name)


@pytest.mark.parametrize(
    ("path", "claims", "groups"),
    [
        ("roles", {"roles": "team"}, {"team"}),
        ("roles", {"roles": None}, set()),
        ("roles", {"roles": {"team": True}}, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["team"]}}, {"team"}),
        ("realm_access.roles", {"realm_access": ["team"]}, set()),
        ("https://alder.example/roles", {"https://alder.example/roles": ["team"]}, {"team"}),
    ],
)
async def test_roles_stand_where_the_setting_says(
    clock: FixedClock, path: str, claims: dict[str, Any], groups: set[str]
) -> None:
    there = ToldProvider(clock, replace(ACCESS, role_claim=path))
    there.claims = claims
    assert (await there.sign_in()).groups == groups


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another"},
        {"state": ""},
        {"state": "ä"},
        {"code": ""},
        {"error": "access_denied"},
        {"iss": "https://another.example"},
    ],
)
async def test_an_answer_that_is_not_to_this_question(
    there: ToldProvider, changed: dict[str, str]
) -> None:
    with pytest.raises(ProviderFailed):
        await there.sign_in(**changed)
    assert "token" not in there.paths(), "no code is exchanged"


async def test_the_browser_that_comes_back_is_the_one_that_was_sent(there: ToldProvider) -> None:
    way, another = await there.provider.begin(), await there.provider.begin()
    state = dict(parse_qsl(urlsplit(way.address).query))["state"]
    for cookie in (another.sealed, "", "ff", "no hex", way.sealed[:-2] + "00", way.sealed * 40):
        with pytest.raises(ProviderFailed):
            await there.provider.finish(cookie, {"state": state, "code": "c0de"})
    assert "token" not in there.paths()


async def test_the_way_takes_ten_minutes_at_most(there: ToldProvider) -> None:
    way = await there.provider.begin()
    sent = dict(parse_qsl(urlsplit(way.address).query))
    there.nonce, brought = sent["nonce"], {"state": sent["state"], "code": "c0de"}
    there.clock.move(WAY_WITHIN - SECOND)
    assert await there.provider.finish(way.sealed, brought)
    there.clock.move(SECOND)
    with pytest.raises(ProviderFailed, match="too long"):
        await there.provider.finish(way.sealed, brought)


# ---- Tokens ----------------------------------------------------------------------------------------------


def _after(**by: int) -> Callable[[ToldProvider], dict[str, Any]]:
    return lambda there: {
        name: int(there.clock.now().timestamp()) + seconds for name, seconds in by.items()
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": "another", "azp": "vera"},  # asked for by us, for somebody else
        {"aud": None},
        {"aud": ["vera", "another"]},  # for whom of them? there is no `azp`
        {"aud": ["vera", "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "of another token"},
        _after(exp=-61),
        _after(iat=61),
        _after(nbf=61),
    ],
)
async def test_a_token_that_is_not_for_us_now(
    there: ToldProvider, claims: dict[str, Any] | Callable[[ToldProvider], dict[str, Any]]
) -> None:
    assert await there.sign_in()
    there.claims = claims(there) if callable(claims) else claims
    with pytest.raises(ProviderFailed):
        await there.sign_in()


@pytest.mark.parametrize("claims", [_after(exp=-59), _after(iat=59)])
async def test_clocks_may_be_a_minute_apart(
    there: ToldProvider, claims: Callable[[ToldProvider], dict[str, Any]]
) -> None:
    there.claims = claims(there)
    assert await there.sign_in()


async def test_a_token_for_several_that_was_asked_for_by_us(there: ToldProvider) -> None:
    there.claims = {"aud": ["another", "vera"], "azp": "vera"}
    assert await there.sign_in()


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
async def test_a_token_that_nobody_signed(there: ToldProvider, name: str) -> None:
    there.answers["token"] = lambda: httpx.Response(
        200, json={"id_token": _with_header(there.token(), {"alg": name, "kid": "one"})}
    )
    with pytest.raises(ProviderFailed, match="no way that counts"):
        await there.sign_in()


def _with_header(token: str, header: dict[str, str]) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{packed}.{token.split('.')[1]}."


async def test_a_token_signed_with_a_key_of_somebody_else(there: ToldProvider) -> None:
    there.key = ECKey.generate_key("P-256", {"kid": "one"})  # the same name
    with pytest.raises(ProviderFailed, match="BadSignature"):
        await there.sign_in()
    there.key = ECKey.generate_key("P-256", {"kid": "two"})
    with pytest.raises(ProviderFailed, match="unknown key"):
        await there.sign_in()


@pytest.mark.parametrize("secret", [SECRET, "public"])
async def test_a_token_signed_with_a_shared_secret(there: ToldProvider, secret: str) -> None:
    """Also with the text of the public key as the secret: the old confusion of algorithms."""
    public = there.key.as_pem(private=False).decode() if isinstance(there.key, ECKey) else ""
    there.key = OctKey.import_key(SECRET if secret == SECRET else public.replace("-", "_"), {"kid": "one"})  # fmt: skip
    there.algorithm = "HS256"
    with pytest.raises(ProviderFailed, match="no way that counts"):
        await there.sign_in()


async def test_a_key_that_the_token_brings_itself(there: ToldProvider) -> None:
    own = ECKey.generate_key("P-256", {"kid": "one"})
    there.key, there.header = own, {"jwk": own.as_dict(private=False)}
    with pytest.raises(ProviderFailed):
        await there.sign_in()


async def test_new_keys_are_asked_for_at_once(there: ToldProvider) -> None:
    await there.sign_in()
    there.paths()
    there.key = RSAKey.generate_key(2048, {"kid": "two"})
    there.algorithm, there.published = "RS256", [*there.published, there.key]
    assert await there.sign_in()
    assert there.paths() == ["token", ".well-known/openid-configuration", "keys"]
    assert await there.sign_in()
    assert there.paths() == ["token"]


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the name, not the signature
@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
async def test_a_provider_with_edwards_curves(there: ToldProvider, algorithm: str) -> None:
    there.key = OKPKey.generate_key("Ed25519", {"kid": "one"})
    there.algorithm, there.published = algorithm, [there.key]
    there.claims = {"at_hash": half_hash("acc355", hashlib.sha512)}
    assert await there.sign_in()


async def test_a_lone_key_needs_no_name_and_one_of_several_does(there: ToldProvider) -> None:
    there.header = {"kid": None}
    assert await there.sign_in()
    there.published = [there.key, ECKey.generate_key("P-256", {"kid": "two"})]
    there.provider = there.vera()
    with pytest.raises(ProviderFailed):
        await there.sign_in()


@pytest.mark.parametrize("token", [None, 7, "", "a.b", "a.b.c", "é.é.é", "x" * 100_000])
async def test_what_is_no_token(there: ToldProvider, token: object) -> None:
    there.answers["token"] = lambda: httpx.Response(200, json={"id_token": token})
    with pytest.raises(ProviderFailed):
        await there.sign_in()


# ---- A provider in trouble -------------------------------------------------------------------------------


def _gone() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize("where", [".well-known/openid-configuration", "keys", "token"])
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (_gone, ProviderAway),
        (lambda: httpx.Response(500), ProviderAway),
        (lambda: httpx.Response(503, text="<h1>Maintenance</h1>"), ProviderAway),
        (lambda: httpx.Response(429), ProviderAway),
        (lambda: httpx.Response(400, json={"error": "invalid_grant"}), ProviderFailed),
        (lambda: httpx.Response(302, headers={"location": "https://169.254.169.254/"}), ProviderFailed),
        (lambda: httpx.Response(200, text="<h1>Sign in</h1>"), ProviderFailed),
        (lambda: httpx.Response(200, json=["keys"]), ProviderFailed),
        (lambda: httpx.Response(200, text="[" * 200_000), ProviderFailed),
        (lambda: httpx.Response(200, content=b" " * (LARGEST + 1)), ProviderFailed),
        (lambda: httpx.Response(200, json={}), ProviderFailed),
        (lambda: httpx.Response(200, json={"keys": []}), ProviderFailed),
        (lambda: httpx.Response(200, json={"keys": [{"kty": "EC"}]}), ProviderFailed),
    ],
    ids=["gone", "500", "503", "429", "400", "redirect", "page", "list", "deep", "large", "empty", "no keys", "no key"],
)  # fmt: skip
async def test_what_goes_wrong_there_is_a_problem_of_its_own(
    there: ToldProvider,
    where: str,
    answer: Callable[[], httpx.Response],
    problem: type[Exception],
) -> None:
    there.answers[where] = answer
    with pytest.raises(problem):
        await there.sign_in()
    assert {request.url.host for request in there.asked} == {"login.alder.example"}
    del there.answers[where]
    assert await there.sign_in(), "and nothing of it is remembered"


async def test_a_provider_that_never_answers_is_away(there: ToldProvider) -> None:
    there.document["token_endpoint"] = f"{ISSUER}/never"
    there.provider = there.vera(patience=0.05)
    with pytest.raises(ProviderAway):
        await there.sign_in()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"token_endpoint": "http://login.alder.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"jwks_uri": ["https://login.alder.example/keys"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://"},
        {"authorization_endpoint": "https://user@login.alder.example/"},
    ],
)
async def test_a_document_that_leads_astray(there: ToldProvider, document: dict[str, Any]) -> None:
    there.document |= document
    with pytest.raises(ProviderFailed):
        await there.provider.begin()


async def test_a_slash_at_the_end_of_the_issuer_is_the_provider_s_own(clock: FixedClock) -> None:
    there = ToldProvider(clock, replace(ACCESS, issuer=f"{ISSUER}/"))
    assert (await there.sign_in()).issuer == ISSUER

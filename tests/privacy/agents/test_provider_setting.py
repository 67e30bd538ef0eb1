"""What can be set for the company's own sign-in, and what is said where it cannot be used."""

from typing import Any

import pytest

from privacy.agents.provider.setting import (
    Access,
    ProviderSettingWrong,
    is_safe,
    read_access,
    read_roles,
    role_of,
)
from privacy.agents.roles import Role
from privacy.settings import Settings

GOOD: dict[str, Any] = {
    "oidc_issuer": "https://login.alder.example/realm",
    "oidc_client_id": "vera",
    "oidc_client_secret": "very secret",
    "oidc_roles": "privacy-team=officer, support=agent",
    "desk_url": "https://desk.alder.example/",
}


def test_what_the_provider_is_asked_with() -> None:
    access = read_access(Settings(**GOOD))
    assert access == Access(
        "https://login.alder.example/realm",
        "vera",
        "very secret",
        "openid profile email",
        "roles",
        "https://desk.alder.example/sign-in/provider/back",
    )
    assert "secret" not in repr(access)


def test_without_an_issuer_passwords_count() -> None:
    assert read_access(Settings()) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"oidc_issuer": "http://login.alder.example"}, "VERA_OIDC_ISSUER must begin with https://."),
        ({"oidc_issuer": "login.alder.example"}, "VERA_OIDC_ISSUER must begin with https://."),
        ({"oidc_client_id": ""}, "VERA_OIDC_CLIENT_ID is empty: write the id under which the provider knows Vera."),
        ({"oidc_roles": " , "}, "VERA_OIDC_ROLES is empty: nobody could be let in."),
        ({"oidc_issuer": "", "oidc_only": True}, "VERA_OIDC_ONLY is on without VERA_OIDC_ISSUER: nobody could sign in."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProviderSettingWrong) as told:
        read_access(Settings(**{**GOOD, **changed}))
    assert str(told.value) == sentence


@pytest.mark.parametrize("text", ["team", "team=king", "=agent", "team=agent=", "a=agent,b"])
def test_roles_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ProviderSettingWrong, match="group=role, with agent, officer"):
        read_roles(text)


def test_the_first_role_in_the_setting_counts() -> None:
    roles = read_roles("boss = Officer, /team/a=b=agent,all=auditor,boss=agent,")
    assert roles == {"boss": Role.OFFICER, "/team/a=b": Role.AGENT, "all": Role.AUDITOR}
    assert role_of({"all", "boss"}, roles) is Role.OFFICER
    assert role_of({"all"}, roles) is Role.AUDITOR
    assert role_of({"Boss", "guests"}, roles) is None
    assert role_of(set(), roles) is None


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.example", True),
        ("http://127.0.0.1:8000/realm", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", True),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("https://", False),
        ("https://user:pw@login.example", False),
        ("https://[broken", False),
        ("ftp://login.example", False),
        ("", False),
    ],
)
def test_addresses_are_https_or_this_machine(address: str, safe: bool) -> None:
    assert is_safe(address) is safe

"""Where Chatwoot is and who we are there, read from the settings; what can be wrong with them, in sentences."""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from privacy.mail.server import is_here

SHORTEST_SECRET: Final = 16
_PATH_PART: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


class ChatwootSettingWrong(ValueError):
    """A setting of Chatwoot cannot be used. The text repeats no value: one of them is a token."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting


class ChatwootUnreachable(Exception):
    """Nothing can be told to Chatwoot now."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(
            f"Chatwoot at {host} {reason}. Look at VERA_CHATWOOT_URL and the settings that begin like it."
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Connection:
    """One API inbox of one account."""

    base: str
    """Ends without a slash."""
    host: str
    account: int
    inbox: str
    """The inbox's identifier."""
    token: str = field(repr=False)
    secret: str = field(repr=False)
    is_here: bool
    """On this machine: no proxy stands between."""

    @classmethod
    def read(cls, *, url: str, account: str, inbox: str, token: str, secret: str) -> Self | None:
        """Read VERA_CHATWOOT_*; None where all of them are empty.

        Raises ChatwootSettingWrong.
        """
        given = {
            "VERA_CHATWOOT_URL": url.strip(),
            "VERA_CHATWOOT_ACCOUNT": account.strip(),
            "VERA_CHATWOOT_INBOX": inbox.strip(),
            "VERA_CHATWOOT_TOKEN": token.strip(),
            "VERA_CHATWOOT_SECRET": secret.strip(),
        }
        if not any(given.values()):
            return None
        for name, value in given.items():
            if not value:
                raise ChatwootSettingWrong(name, "Chatwoot needs all five of its settings, or none")
        base, host, here = _address(given["VERA_CHATWOOT_URL"])
        if not given["VERA_CHATWOOT_ACCOUNT"].isdecimal():
            raise ChatwootSettingWrong(
                "VERA_CHATWOOT_ACCOUNT", "write the number in Chatwoot's own address, as in 1"
            )
        if not _PATH_PART.fullmatch(given["VERA_CHATWOOT_INBOX"]):
            raise ChatwootSettingWrong(
                "VERA_CHATWOOT_INBOX", "write the inbox identifier, from the inbox's configuration"
            )
        if (
            not given["VERA_CHATWOOT_TOKEN"].isascii()
            or not given["VERA_CHATWOOT_TOKEN"].isprintable()
        ):
            raise ChatwootSettingWrong(
                "VERA_CHATWOOT_TOKEN",
                "write the access token of a user who is a member of the inbox",
            )
        if len(given["VERA_CHATWOOT_SECRET"]) < SHORTEST_SECRET:
            raise ChatwootSettingWrong(
                "VERA_CHATWOOT_SECRET",
                f"write the inbox's webhook secret; one of your own has at least {SHORTEST_SECRET} letters",
            )
        return cls(
            base=base,
            host=host,
            account=int(given["VERA_CHATWOOT_ACCOUNT"]),
            inbox=given["VERA_CHATWOOT_INBOX"],
            token=given["VERA_CHATWOOT_TOKEN"],
            secret=given["VERA_CHATWOOT_SECRET"],
            is_here=here,
        )


def _address(url: str) -> tuple[str, str, bool]:
    shape = ChatwootSettingWrong("VERA_CHATWOOT_URL", "write https://chatwoot.example.com")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise shape from None
    if (
        parts.scheme not in ("https", "http")
        or not host
        or parts.username is not None
        or parts.query
        or parts.fragment
    ):
        raise shape
    here = is_here(host)
    if parts.scheme == "http" and not here:
        raise ChatwootSettingWrong(
            "VERA_CHATWOOT_URL", "what customers say does not travel in clear: use https://"
        )
    shown = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", shown, here

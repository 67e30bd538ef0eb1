"""All five settings or none; and a sentence that says what to change, without the token in it."""

from pathlib import Path

import pytest

from command.failure import CannotStart
from command.preflight import check_chatwoot, check_chatwoot_settings
from privacy.chatwoot.api import Api
from privacy.chatwoot.connection import ChatwootSettingWrong, ChatwootUnreachable, Connection
from privacy.settings import Settings
from tests.driving.chatwoot import ChatwootStub
from tests.driving.inside import make_vera
from tests.privacy.chatwoot.chatwoot_world import connection

RIGHT = {
    "url": "https://chatwoot.example.com/",
    "account": "3",
    "inbox": "7mVtBTqhXUDVbTcCv9cuQXfq",
    "token": "a-token-of-theirs",
    "secret": "a-secret-of-theirs",
}


def test_none_of_them_is_our_own_desk() -> None:
    assert Connection.read(url="", account=" ", inbox="", token="", secret="") is None


def test_all_of_them_are_read_and_nothing_secret_is_shown() -> None:
    read = Connection.read(**RIGHT)
    assert read is not None
    assert (read.base, read.account, read.is_here) == ("https://chatwoot.example.com", 3, False)
    assert "theirs" not in repr(read)
    below = Connection.read(**(RIGHT | {"url": "https://example.com:8443/desk/"}))
    assert below is not None
    assert (below.base, below.host) == ("https://example.com:8443/desk", "example.com:8443")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"token": ""}, "VERA_CHATWOOT_TOKEN: Chatwoot needs all five of its settings, or none"),
        ({"url": ""}, "VERA_CHATWOOT_URL: Chatwoot needs all five of its settings, or none"),
        ({"url": "http://chatwoot.example.com"}, "does not travel in clear: use https://"),
        ({"url": "https://ada:pass@chatwoot.example.com"}, "write https://chatwoot.example.com"),
        ({"url": "https://chatwoot.example.com?x=1"}, "write https://chatwoot.example.com"),
        ({"url": "https://["}, "write https://chatwoot.example.com"),
        ({"account": "ours"}, "VERA_CHATWOOT_ACCOUNT: write the number"),
        ({"inbox": "../accounts"}, "VERA_CHATWOOT_INBOX: write the inbox identifier"),
        ({"token": "a-token\nof-theirs"}, "VERA_CHATWOOT_TOKEN: write the access token"),
        ({"secret": "short"}, "one of your own has at least 16 letters"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(ChatwootSettingWrong) as raised:
        Connection.read(**(RIGHT | changes))
    assert sentence in str(raised.value)
    assert "theirs" not in str(raised.value)


def test_a_vera_with_all_of_them_answers_at_chatwoot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = make_vera(tmp_path / "own")
    assert own.chatwoot is None
    own.database.close()
    for name, value in RIGHT.items():
        monkeypatch.setenv(f"VERA_CHATWOOT_{name.upper()}", value)
    vera = make_vera(tmp_path / "theirs")
    assert vera.chatwoot is not None
    assert vera.chatwoot.line.connection.base == "https://chatwoot.example.com"
    vera.database.close()


def test_vera_does_not_start_with_half_of_them() -> None:
    with pytest.raises(CannotStart, match="all five of its settings"):
        check_chatwoot_settings(Settings(chatwoot_url="https://chatwoot.example.com"))
    check_chatwoot_settings(Settings())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": "another"}, "does not accept the access token"),
        ({"inbox": "another"}, "has no inbox with this identifier"),
        ({"url": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
)
async def test_the_check_says_what_is_not_right(changes: dict[str, str], reason: str) -> None:
    async with ChatwootStub().open() as stub:
        api = Api(connection(stub, **changes))
        with pytest.raises(ChatwootUnreachable, match=reason) as raised:
            await api.check()
        await api.close()
    assert "another" not in str(raised.value)


async def test_the_check_is_content_where_all_is_right() -> None:
    async with ChatwootStub().open() as stub:
        right = connection(stub)
        await check_chatwoot(
            Settings(
                chatwoot_url=right.base,
                chatwoot_account=str(right.account),
                chatwoot_inbox=right.inbox,
                chatwoot_token=right.token,
                chatwoot_secret=right.secret,
            )
        )
        assert stub.calls[-1].startswith("GET /public/api/v1/inboxes/")
        assert stub.talks == {}

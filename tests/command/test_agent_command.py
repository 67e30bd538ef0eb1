"""`vera agent` beside a running service: somebody is added, sets up, gets another role, begins anew, is let in no more."""

import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from command.cli import app
from privacy.agents.accounts import Accounts
from privacy.agents.errors import SetupFailed, SignInFailed
from privacy.agents.outside import OutsideAgents
from privacy.agents.roles import Act, Role, roles_that_may
from privacy.agents.sessions import AgentSessions
from privacy.audit import Audit
from privacy.clock import SystemClock
from privacy.handoff.hand_overs import HandOvers
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.agents import agent
from privacy.store.tables.audit import audit
from privacy.store.tables.conversations import conversation

VERA = CliRunner()
KIM = "kim@alder.example"
PASSWORD = "seven quiet harbours"
KEY = re.compile(r"Set-up key: ((?:[A-Z2-9]{5}-){4}[A-Z2-9]{5})\n")


class Service:
    """What the running service has of the same data folder."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'vera.db'}")
        metadata.create_all(self.database.engine)
        keyring, clock = Keyring.load(folder / "keys.json"), SystemClock()
        self.accounts = Accounts(self.database, keyring, clock)
        self.sessions = AgentSessions(self.database, keyring, clock)
        self.hand_overs = HandOvers(keyring, clock)
        Audit(keyring, clock).attach(self.database)

    def acts(self) -> list[str]:
        with self.database.read() as tx:
            return list(tx.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VERA_DESK_URL", "https://desk.alder.example")
    monkeypatch.setenv("COLUMNS", "200")
    return Service(tmp_path)


def vera(*words: str) -> tuple[int, str]:
    result = VERA.invoke(app, ["agent", *words])
    return result.exit_code, result.output


def key_in(said: str) -> str:
    found = KEY.search(said)
    assert found, said
    return found[1]


def added(login: str = KIM, role: str = "officer") -> str:
    status, said = vera("add", login, "--name", "Kim Lee", "--role", role)
    assert status == 0, said
    return said


def test_somebody_is_added_and_sets_up(service: Service) -> None:
    assert vera("list") == (0, "Nobody works at the desk yet: `vera agent add` adds somebody.\n")
    said = added()
    assert said == (
        f"Added: {KIM}, officer.\n"
        f"Set-up key: {key_in(said)}\n"
        "They set up password and authenticator at https://desk.alder.example/set-up. "
        "The key works once, for 24 hours, and is not shown again.\n"
    )
    code = pyotp.TOTP(service.accounts.begin_setup(KIM, key_in(said)).secret).now()
    kim = service.accounts.finish_setup(KIM, key_in(said), PASSWORD, code)
    assert (kim.name, kim.role) == ("Kim Lee", Role.OFFICER)
    status, said = vera("list")
    assert status == 0
    assert said == vera()[1]
    assert said.splitlines()[1].split() == [KIM, "Kim", "Lee", "officer", "active"]


def test_who_is_reset_disabled_or_given_a_role_is_signed_out(service: Service) -> None:
    added()
    key = key_in(added("lou", "agent"))
    for act in (("role", KIM, "auditor"), ("reset", KIM), ("disable", KIM)):
        token = service.sessions.open(service.accounts.find(KIM), "password")
        status, said = vera(*act)
        assert status == 0, said
        assert service.sessions.enter(token) is None
    gone = service.accounts.find(KIM)
    assert (gone.role, gone.state) == (Role.AUDITOR, "disabled")
    assert service.accounts.begin_setup("lou", key)  # the others notice nothing
    others = ("agent.added", "agent.signed_in")
    assert [act for act in service.acts() if act not in others] == [
        "agent.changed",
        "agent.reset",
        "agent.disabled",
    ]


@pytest.mark.parametrize("act", [("disable", KIM), ("reset", KIM), ("role", KIM, "auditor"), ("role", KIM, "administrator")])  # fmt: skip
def test_what_somebody_held_goes_back_to_the_queue(service: Service, act: tuple[str, ...]) -> None:
    """The running service takes it from them at its next round, whether or not a customer waits."""
    added()
    kim, now = service.accounts.find(KIM), SystemClock().now()
    may_reply = roles_that_may(Act.REPLY)
    with service.database.write() as tx:
        tx.execute(update(agent).values(state="active"))
        tx.execute(
            insert(conversation).values(
                id="web:a",
                channel="web",
                language="en",
                session="s",
                created_at=now,
                last_seen_at=now,
            )
        )
        service.hand_overs.ask(tx, "web:a", "asked")
        service.hand_overs.claim(tx, "web:a", kim.id)
        assert service.hand_overs.take_from_idle(tx, timedelta(minutes=10), may_reply) == []
    status, said = vera(*act)
    assert status == 0
    assert "onversations they held go back to the queue, and their tasks to all." in said
    with service.database.write() as tx:
        [back] = service.hand_overs.take_from_idle(tx, timedelta(minutes=10), may_reply)
        assert back.agent == kim.id
        assert service.hand_overs.holder(tx, "web:a") == "queue"


def test_a_reset_prints_a_new_key_and_ends_the_old_one(service: Service) -> None:
    first = key_in(added())
    status, said = vera("reset", KIM)
    assert status == 0
    assert said.startswith(f"Reset: {KIM}. Signed out everywhere; conversations they held go back")
    with pytest.raises(SetupFailed):
        service.accounts.begin_setup(KIM, first)
    assert service.accounts.begin_setup(KIM, key_in(said))
    with pytest.raises(SignInFailed):
        service.accounts.check(KIM, PASSWORD, "000000")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("reset", "nobody"), "Nobody has this login: `vera agent` lists everybody."),
        (("disable", "nobody"), "Nobody has this login: `vera agent` lists everybody."),
        (("role", "nobody", "agent"), "Nobody has this login: `vera agent` lists everybody."),
        (("add", KIM.upper(), "--name", "K", "--role", "agent"), "Somebody has this login already: `vera agent` lists everybody."),
        (("add", "a b", "--name", "K", "--role", "agent"), "This cannot be used: a login is an address or a name without spaces."),
        (("add", "b", "--name", " ", "--role", "agent"), "This cannot be used: a name has 1 to 80 letters."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(
    service: Service, words: tuple[str, ...], sentence: str
) -> None:
    added()
    assert vera(*words) == (1, f"{sentence}\n")
    assert len(service.accounts.everybody()) == 1


def test_an_account_of_chatwoot_can_be_disabled_and_nothing_else(service: Service) -> None:
    outside = OutsideAgents(service.database, SystemClock(), "chatwoot")
    outside.known(5, "Ada")
    theirs = (
        "This account belongs to Chatwoot: there is nothing to sign in with and no role here. "
        "`vera agent disable` keeps their words from customers.\n"
    )
    refused = [
        ("reset", "chatwoot:5"),
        ("role", "chatwoot:5", "officer"),
        ("add", "Chatwoot:6", "--name", "Ben", "--role", "agent"),
    ]
    for words in refused:
        assert vera(*words) == (1, theirs)
    assert [one.state for one in service.accounts.everybody()] == ["external"]
    assert vera("disable", "chatwoot:5") == (
        0,
        "Disabled: chatwoot:5. What they write at Chatwoot reaches no customer any more, and conversations they held go "
        "back to the queue. Their account at Chatwoot stays as it is.\n",
    )
    for words in refused:
        assert vera(*words) == (1, theirs), "it stays Chatwoot's"
    [ada] = service.accounts.everybody()
    assert (ada.login, ada.role, ada.state) == ("chatwoot:5", Role.AGENT, "disabled")
    assert outside.known(5, "Ada").state == "disabled"
    assert service.acts() == ["agent.added", "agent.disabled"]


def test_a_role_that_there_is_not(service: Service) -> None:
    assert vera("add", KIM, "--name", "Kim", "--role", "king")[0] == 2
    assert service.accounts.everybody() == []


def test_where_the_company_s_sign_in_alone_counts(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERA_OIDC_ISSUER", "https://login.alder.example")
    monkeypatch.setenv("VERA_OIDC_ONLY", "true")
    assert added() == (
        f"Added: {KIM}, officer.\n"
        "They sign in with the company's own sign-in at https://desk.alder.example/sign-in.\n"
    )


def test_a_folder_without_vera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    assert vera()[0] == 1
    assert not list(tmp_path.iterdir())

"""A conversation at the desk: values are hidden until one is revealed for a reason, to one agent, for a while."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.agents.accounts import Agent
from privacy.audit import Audit
from privacy.clock import FixedClock
from privacy.conversations.brain import Reply
from privacy.conversations.sessions import Opened
from privacy.conversations.wording import Utterance
from privacy.desk.cases import SHOWN_FOR, Case, Cases
from privacy.desk.hiding import hidden
from privacy.desk.presence import HERE_FOR, WRITING_FOR, Presence
from privacy.errors import NotPossibleNow, RequestNotFound
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.audit import audit
from tests.privacy.conversations.conversation_world import POLICY, World


@pytest.fixture
def small(database: Database, keyring: Keyring, clock: FixedClock) -> World:
    return World(database, keyring, clock)


@pytest.fixture
def cases(small: World) -> Cases:
    presence = Presence(small.database, small.clock)
    return Cases(
        small.database,
        small.keyring,
        small.clock,
        POLICY,
        small.messages,
        small.hand_overs,
        small.notes,
        presence,
    )


@pytest.fixture
def anna(small: World) -> Agent:
    return small.hired("Anna")


async def held(small: World, by: Agent, *texts: str) -> Opened:
    opened = small.open()
    with small.database.write() as tx:
        small.hand_overs.ask(tx, opened.conversation, "asked")
    small.people.claim(opened.conversation, by)
    for n, text in enumerate(texts):
        await small.say(opened, text, f"message-{n}")
    return opened


def words(case: Case, author: str = "customer") -> list[str]:
    """What an agent reads of somebody."""
    return [
        "".join(part.text for part in line.parts) for line in case.lines if line.author == author
    ]


async def test_contacts_are_hidden_until_revealed(small: World, cases: Cases, anna: Agent) -> None:
    opened = await held(small, anna, "Write to jane.private@example.org or call +49 30 23125106")
    [line] = [
        one for one in cases.read(opened.conversation, anna).lines if one.author == "customer"
    ]
    assert "jane.private" not in str(line.parts)
    assert "23125" not in str(line.parts)
    numbers = [part.number for part in line.parts if part.number is not None]
    cases.reveal(opened.conversation, line.id, numbers[0], anna, "to_answer")
    [text] = words(cases.read(opened.conversation, anna))
    assert "jane.private@example.org" in text
    assert "23125" not in text
    ben = small.hired("Ben")
    assert "jane.private" not in words(cases.read(opened.conversation, ben))[0]
    small.clock.move(SHOWN_FOR + timedelta(seconds=1))
    assert "jane.private" not in words(cases.read(opened.conversation, anna))[0]
    assert cases.tidy_up() == 1


async def test_it_is_in_the_audit_with_its_reason_and_without_the_value(
    small: World, cases: Cases, anna: Agent
) -> None:
    Audit(small.keyring, small.clock).attach(small.database)
    opened = await held(small, anna, "jane.private@example.org")
    [line] = [
        one for one in cases.read(opened.conversation, anna).lines if one.author == "customer"
    ]
    cases.reveal(opened.conversation, line.id, 0, anna, "suspected_misuse")
    with small.database.read() as tx:
        noted = tx.execute(select(audit).order_by(audit.c.seq.desc())).mappings().first()
    assert noted is not None
    assert (noted["act"], noted["actor"]) == ("data.revealed", anna.actor)
    assert json.loads(noted["data"]) == {"why": "suspected_misuse", "seq": line.id}


async def test_only_who_holds_it_reveals_and_only_what_is_there(
    small: World, cases: Cases, anna: Agent
) -> None:
    opened = await held(small, anna, "jane.private@example.org")
    [line] = [
        one for one in cases.read(opened.conversation, anna).lines if one.author == "customer"
    ]
    ben = small.hired("Ben")
    with pytest.raises(NotPossibleNow):
        cases.reveal(opened.conversation, line.id, 0, ben, "to_answer")
    for message, number in ((line.id, 7), (line.id + 99, 0), (line.id, -1)):
        with pytest.raises(NotPossibleNow):
            cases.reveal(opened.conversation, message, number, anna, "to_answer")
    with pytest.raises(ValueError, match="reason"):
        cases.reveal(opened.conversation, line.id, 0, anna, "curious")  # type: ignore[arg-type]


async def test_what_our_systems_hold_and_new_values_are_hidden_as_a_whole(
    small: World, cases: Cases, anna: Agent
) -> None:
    opened = small.open()
    small.brain.answer = lambda asked: Reply(
        [Utterance("Your name stands with us as:\n\nJane Miller", custom={"personal": True}),
         Utterance("What should it be?", custom={"expects": "value"})]
    )  # fmt: skip
    await small.say(opened, "my name is wrong", "first")
    await small.settled(opened)
    small.brain.answer = lambda asked: Reply([Utterance("Noted.")])
    await small.say(opened, "Jane Austen-Miller", "second")
    await small.settled(opened)
    case = cases.read(opened.conversation, anna)
    assert words(case) == ["my name is wrong", "••••••"]
    assert words(case, "bot")[1:] == ["••••••", "What should it be?", "Noted."]
    with small.database.write() as tx:
        small.hand_overs.ask(tx, opened.conversation, "asked")
    small.people.claim(opened.conversation, anna)
    second = [one for one in case.lines if one.author == "customer"][1]
    cases.reveal(opened.conversation, second.id, 0, anna, "customer_asked")
    assert words(cases.read(opened.conversation, anna))[1] == "Jane Austen-Miller"


async def test_notes_stand_between_the_lines_and_drafts_are_ones_own(
    small: World, cases: Cases, anna: Agent
) -> None:
    opened = await held(small, anna, "Hello?")
    small.people.note(opened.conversation, anna, "Called the shop.", "note-1")
    small.people.keep_draft(opened.conversation, anna, "Dear")
    case = cases.read(opened.conversation, anna)
    assert words(case, "note") == ["Called the shop."]
    assert case.draft == "Dear"
    assert cases.read(opened.conversation, small.hired("Ben")).draft == ""


def test_no_such_conversation(cases: Cases, anna: Agent) -> None:
    with pytest.raises(RequestNotFound):
        cases.read("web:nobody", anna)


def test_of_two_at_one_conversation_each_sees_the_other(small: World, anna: Agent) -> None:
    presence, opened, ben = Presence(small.database, small.clock), small.open(), small.hired("Ben")
    presence.look_at(anna, opened.conversation)
    presence.look_at(ben, opened.conversation, writing=True)

    def seen_by(who: Agent) -> list[tuple[str, bool]]:
        with small.database.read() as tx:
            found = presence.others(tx, opened.conversation, who.id)
        return [(one.name, one.is_writing) for one in found]

    assert seen_by(anna) == [("Ben", True)]
    assert seen_by(ben) == [("Anna", False)]
    small.clock.move(WRITING_FOR)
    assert seen_by(anna) == [("Ben", False)]
    presence.look_at(ben, small.open().conversation)
    assert seen_by(anna) == []
    small.clock.move(HERE_FOR)
    assert seen_by(ben) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing here", "nothing here"),
        ("my code is 123456", "my code is ••••••"),
        ("IBAN DE89 3704 0044 0532 0130 00 is mine", None),
        ("PR-7K4M-2990", "PR-7K4M-2990"),
    ],
)
def test_hiding(text: str, shown: str | None) -> None:
    told = "".join(part.text for part in hidden(text))
    assert "3704 0044" not in told
    assert shown is None or told == shown


async def test_what_is_written_at_the_desk_is_sealed(small: World, anna: Agent) -> None:
    opened = await held(small, anna, "Where is it?")
    small.people.note(opened.conversation, anna, "Called the shop.", "note-1")
    small.people.reply(opened.conversation, anna, "It is on its way.", "reply-01")
    small.people.keep_draft(opened.conversation, anna, "Dear customer")
    on_disk = small.bytes_on_disk()
    assert b"Anna" in on_disk, "the search finds what is not sealed"
    for words in (b"Called the shop", b"on its way", b"Dear customer", b"Where is it"):
        assert words not in on_disk

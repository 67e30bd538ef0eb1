"""The session's secret changes with an accepted code; a lost answer is given again to its author and nobody else.

No Rasa here: what is tested is over before Rasa hears of the message.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.conversations.sessions import Opened
from privacy.wiring import Vera
from tests.driving.inside import JANE, make_vera, newest_code

MINE = "client-id-of-the-code"


class Session:
    """A conversation that waits for a code."""

    def __init__(self, vera: Vera, clock: FixedClock) -> None:
        self.vera, self.clock = vera, clock
        self.opened: Opened = vera.conversations.open("web", "en")
        vera.verification.begin(
            self.opened.conversation, "status", Contact("email", JANE), "act", "turn"
        )
        self.code = newest_code(vera)
        self.wrong = f"{(int(self.code) + 1) % 1_000_000:06d}"

    async def send(self, token: str, text: str, client_id: str = MINE) -> str | None:
        """As the door does: by the secret, or else as the repeated message; the new secret."""
        there = self.vera.conversations.enter(token) or self.vera.conversations.repeating(
            token, client_id
        )
        assert there == self.opened.conversation, "not let in"
        accepted = await self.vera.conversations.accept(there, token, text, client_id)
        return accepted.new_token


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    clock = FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    vera = make_vera(tmp_path / "vera", clock=clock)
    yield Session(vera, clock)
    await vera.turns.stop()
    vera.database.close()


async def test_an_accepted_code_changes_the_secret(session: Session) -> None:
    fresh = await session.send(session.opened.token, session.code)
    assert fresh
    assert session.vera.conversations.enter(session.opened.token) is None
    assert session.vera.conversations.enter(fresh) == session.opened.conversation


async def test_the_same_message_again_gets_the_same_secret_again(session: Session) -> None:
    fresh = await session.send(session.opened.token, session.code)
    assert await session.send(session.opened.token, session.code) == fresh
    assert (
        await session.send(session.opened.token, f" {session.code[:3]} {session.code[3:]}") == fresh
    )
    assert session.vera.conversations.enter(fresh or "") == session.opened.conversation


async def test_who_saw_the_message_but_not_the_code_gets_nothing(session: Session) -> None:
    """Whoever shared the conversation before saw the message with its id, but not the mailbox."""
    await session.send(session.opened.token, session.code)
    for text in (session.wrong, "••••••", "hello", "0"):
        assert await session.send(session.opened.token, text) is None


async def test_the_former_secret_opens_nothing_else(session: Session) -> None:
    await session.send(session.opened.token, session.code)
    conversations = session.vera.conversations
    assert conversations.enter(session.opened.token) is None
    assert conversations.repeating(session.opened.token, "another message") is None
    assert conversations.repeating("another secret", MINE) is None


async def test_a_lost_answer_can_be_asked_for_ten_minutes_long(session: Session) -> None:
    await session.send(session.opened.token, session.code)
    session.clock.move(timedelta(minutes=9))
    assert session.vera.conversations.repeating(session.opened.token, MINE)
    session.clock.move(timedelta(minutes=2))
    assert session.vera.conversations.repeating(session.opened.token, MINE) is None


async def test_a_wrong_code_changes_no_secret_however_often_it_is_sent(session: Session) -> None:
    for _ in range(3):
        assert await session.send(session.opened.token, session.wrong) is None
    assert session.vera.conversations.enter(session.opened.token) == session.opened.conversation
    awaited = session.vera.verification.awaited(session.opened.conversation)
    assert awaited is not None and awaited.tries_left == 4


async def test_a_second_verification_ends_the_first_secret_for_good(session: Session) -> None:
    first = await session.send(session.opened.token, session.code)
    session.vera.verification.begin(
        session.opened.conversation, "status", Contact("email", JANE), "act 2", "turn 2"
    )
    second = await session.send(first or "", newest_code(session.vera), "client-id-of-the-second")
    assert second and second != first
    assert session.vera.conversations.repeating(session.opened.token, MINE) is None
    assert session.vera.conversations.enter(first or "") is None

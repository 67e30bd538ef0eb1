"""What breaks in the service in the middle of a turn: the customer hears of it once, and nothing stands still."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from privacy.store.tables.requests import request
from privacy.wiring import Vera
from tests.driving.inside import JANE, Talk, make_vera, newest_code, running
from tests.driving.rasa_alone import RasaAlone

FAILED = "Something on our side failed just now."
FILED = "Your reference is PR-"


class Boom(Exception):
    """A mistake of ours whose text quotes a customer."""


def failing(times: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, after it failed so many times."""
    left = [times]

    def call(*arguments: Any, **named: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            raise Boom(JANE)
        return real(*arguments, **named)

    return call


async def test_a_message_that_breaks_us_is_answered_and_does_not_block_the_next(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redact = talk.vera.turns._kept.redact

    def poisoned(tx: Any, conversation: str, text: str) -> Any:
        if "poison" in text:
            raise Boom(text)
        return redact(tx, conversation, text)

    monkeypatch.setattr(talk.vera.turns._kept, "redact", poisoned)
    await talk.send("poison")
    await talk.say("thanks a lot")
    answers = [line.text for line in talk.lines if line.author == "bot"]
    failed = next(nth for nth, text in enumerate(answers) if text.startswith(FAILED))
    assert any("You're welcome" in text for text in answers[failed + 1 :])


async def test_an_answer_that_could_not_be_stored_at_once_comes_a_moment_later(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = talk.vera.turns._messages
    monkeypatch.setattr(messages, "add_said", failing(1, messages.add_said))
    heard = await talk.press("See my data")
    assert "I was interrupted for a moment" in heard
    assert heard.endswith("Which e-mail address or phone number do we have for you?")


async def test_a_request_whose_receipt_was_lost_is_told_and_filed_once(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.press("See my data")
    await talk.say(JANE)
    messages = talk.vera.turns._messages
    monkeypatch.setattr(messages, "add_said", failing(1, messages.add_said))
    heard = await talk.say(newest_code(talk.vera))
    assert FILED in heard
    assert count(talk.vera, request) == 1


async def test_a_code_that_was_accepted_when_the_process_died_is_not_asked_for_again(
    vera: Vera, rasa: RasaAlone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service dies after the code was used up and before that was written beside the message."""
    async with running(vera, rasa.actions_port, rasa.secret):
        talk = Talk(vera)
        await talk.press("See my data")
        await talk.say(JANE)
        code = newest_code(vera)
        messages = vera.conversations._messages
        with monkeypatch.context() as dying:
            dying.setattr(messages, "set_reading", failing(1, messages.set_reading))
            with pytest.raises(Boom):
                await vera.conversations.accept(talk.conversation, talk.token, code, "the code 1")
    reborn = make_vera(vera.settings.data_dir, rasa.url, rasa.secret)
    async with running(reborn, rasa.actions_port, rasa.secret):
        assert await reborn.turns.take_up_again() == 1
        again = Talk(reborn, talk.conversation, talk.token)
        assert FILED in await again.say(code, "the code 1")
    assert count(reborn, request) == 1


async def test_a_code_typed_again_after_it_was_used_files_nothing_twice(talk: Talk) -> None:
    await talk.press("See my data")
    await talk.say(JANE)
    code = newest_code(talk.vera)
    assert FILED in await talk.say(code)
    assert "I'm not waiting for a code now" in await talk.say(code)
    assert count(talk.vera, request) == 1


def count(vera: Vera, table: Any) -> int:
    with vera.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


async def test_beginning_the_same_wish_again_ends_the_code_that_was_awaited(talk: Talk) -> None:
    """Its code would prove the wish of before; and six digits may now be the new value."""
    await talk.press("Correct my data")
    await talk.press("Name")
    await talk.say(JANE)
    old = newest_code(talk.vera)
    assert "Which e-mail address or phone number" in await talk.say("I want to correct my address")
    assert talk.vera.verification.awaited(talk.conversation) is None
    await talk.say(JANE)
    new = newest_code(talk.vera)
    if old != new:
        assert "That isn't the code" in await talk.say(old)
    assert "We have more than one address of yours." in await talk.say(new)
    assert "What should your address be" in await talk.press(talk.labels[0])
    # Nobody waits for a code now: six digits are an answer like others.
    assert "What should your address be" in await talk.say("110001")
    heard = await talk.say("Neue Gasse 12, 10115 Berlin")
    assert "would become" in heard
    assert FILED in await talk.press("Yes, that's right")

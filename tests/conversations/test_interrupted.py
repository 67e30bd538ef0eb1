"""Answers that were lost: every question of a deletion and of a correction comes again with what belongs to it.

Rasa is the real process; the service runs in this process, so that a test can break it after Rasa has run a turn
and before its answer is stored, as a process does that is killed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from privacy.store.tables.challenges import proof
from privacy.store.tables.requests import request
from privacy.wiring import Vera
from tests.driving.company import Company
from tests.driving.inside import JANE, Talk, make_vera, newest_code, running
from tests.driving.rasa_alone import RasaAlone

INTERRUPTED = "I was interrupted for a moment"
NEW = "jane.elsewhere@example.com"

type Loses = Callable[[Awaitable[str]], Awaitable[str]]


class Killed(Exception):
    """In the place of a process that ends."""


@pytest.fixture(scope="module")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaAlone]:
    rasa = RasaAlone(tmp_path_factory.mktemp("rasa")).start()
    yield rasa
    rasa.stop()


@pytest.fixture
def vera(rasa: RasaAlone, tmp_path: Path) -> Vera:
    return make_vera(tmp_path / "vera", rasa.url, rasa.secret)


@pytest.fixture
async def talk(vera: Vera, rasa: RasaAlone) -> AsyncIterator[Talk]:
    async with running(vera, rasa.actions_port, rasa.secret):
        yield Talk(vera)


@pytest.fixture
def loses(vera: Vera, monkeypatch: pytest.MonkeyPatch) -> Loses:
    """Let an act happen whose answer is lost the first time."""
    messages = vera.turns._messages

    async def lose(act: Awaitable[str]) -> str:
        real, left = messages.add_said, [1]

        def add_said(*arguments: Any, **named: Any) -> list[int]:
            if left[0]:
                left[0] = 0
                raise Killed
            return real(*arguments, **named)

        with monkeypatch.context() as killing:
            killing.setattr(messages, "add_said", add_said)
            heard = await act
        assert left == [0]
        return heard

    return lose


def count(vera: Vera) -> int:
    with vera.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(request)).scalar_one())


async def test_a_deletion_goes_on_after_each_of_its_answers_was_lost(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    heard = await loses(talk.press("Delete my data"))
    assert INTERRUPTED in heard
    assert heard.endswith("Which e-mail address or phone number do we have for you?")
    heard = await loses(talk.say(JANE))
    assert heard.endswith("Type the 6 digits here.")
    heard = await loses(talk.say(newest_code(vera)))
    assert "This goes:" in heard, "what is asked about is shown again"
    assert "your account" in heard
    assert "Shall I delete it?" in heard
    heard = await loses(talk.press("Only a part of it"))
    assert "Which part?" in heard
    heard = await loses(talk.say("only my newsletter data"))
    assert "Our newsletter" in heard
    assert "your account" not in heard
    assert "Shall I delete it?" in heard
    heard = await loses(talk.press("Yes, on that day"))
    assert heard.endswith("Type the 6 digits here.")
    heard = await loses(talk.say(newest_code(vera)))
    assert "It's planned as PR-" in heard
    assert "Until then you can undo it" in heard
    assert count(vera) == 1


async def test_the_receipt_of_a_deletion_that_begins_at_once_says_so_again(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    await talk.press("Delete my data")
    await talk.say(JANE)
    await talk.say(newest_code(vera))
    heard = await loses(talk.press("Yes, now"))
    assert heard.endswith("Type the 6 digits here.")
    heard = await loses(talk.say(newest_code(vera)))
    assert "I'm deleting it now. Your reference is PR-" in heard
    assert "undo" not in heard


async def test_a_planned_deletion_that_is_to_begin_now(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    """What the second act did is done, whether or not its answer arrives; nothing is done twice."""
    await talk.press("Delete my data")
    await talk.say(JANE)
    await talk.say(newest_code(vera))
    await talk.press("Yes, on that day")
    planned = await talk.say(newest_code(vera))
    assert "It's planned as PR-" in planned
    heard = await loses(talk.press("Delete it now"))
    assert heard.endswith("Type the 6 digits here.")
    heard = await loses(talk.say(newest_code(vera)))
    assert INTERRUPTED in heard
    assert "Something on our side failed" not in heard
    assert count(vera) == 1


async def test_a_correction_goes_on_after_each_of_its_answers_was_lost(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    assert "What should be corrected?" in await loses(talk.press("Correct my data"))
    heard = await loses(talk.press("Address"))
    assert heard.endswith("Which e-mail address or phone number do we have for you?")
    await talk.say(JANE)
    heard = await loses(talk.say(newest_code(vera)))
    assert "We have more than one address of yours." in heard
    heard = await loses(talk.press(talk.labels[1]))
    assert "What should your address be" in heard
    heard = await loses(talk.say("Neue Gasse 12, 10115 Berlin"))
    assert "would become:\n\nNeue Gasse 12, 10115 Berlin\n\nIs that right?" in heard
    heard = await loses(talk.press("Yes, that's right"))
    assert "I'm changing it now" in heard
    assert count(vera) == 1


async def test_what_stands_there_is_shown_again_with_the_question_about_it(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    await talk.press("Correct my data")
    await talk.press("Phone number")
    await talk.say(JANE)
    heard = await loses(talk.say(newest_code(vera)))
    assert "Your phone number stands with us as:\n\n+49 30 23125101" in heard
    assert "What should your phone number be" in heard


async def test_a_new_address_goes_on_after_the_answers_about_its_code_were_lost(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    await to_the_second_code(talk, vera, loses)
    heard = await loses(talk.say(newest_code(vera)))
    assert "I'm changing it now" in heard
    assert count(vera) == 1


async def test_a_wrong_second_code_counts_once_however_often_its_answer_is_lost(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    await to_the_second_code(talk, vera, loses)
    code = newest_code(vera)
    heard = await loses(talk.say("000000" if code != "000000" else "111111"))
    assert heard.endswith("Type the 6 digits of that second code.")
    awaited = vera.verification.awaited(talk.conversation)
    assert awaited is not None and awaited.tries_left == 4
    assert "I'm changing it now" in await talk.say(code)


async def test_a_proof_that_ran_out_while_we_were_away_is_asked_for_again(
    talk: Talk, vera: Vera, loses: Loses
) -> None:
    await talk.press("Delete my data")
    await talk.say(JANE)
    await talk.say(newest_code(vera))
    with vera.database.write() as tx:
        tx.execute(update(proof).values(last_used_at=vera.clock.now() - timedelta(hours=2)))
    heard = await loses(talk.press("Only a part of it"))
    assert "Which part?" in heard
    heard = await loses(talk.say("only my newsletter data"))
    assert "This goes" not in heard
    await talk.say(JANE) if "Which e-mail address" in heard else None
    assert "Our newsletter" in await talk.say(newest_code(vera))


@pytest.mark.parametrize("which", ["the deletion", "the new address"])
async def test_a_second_code_that_was_accepted_when_the_process_died_is_not_asked_for_again(
    vera: Vera, rasa: RasaAlone, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """The service dies after the code was used up and before that was written beside the message."""
    async with running(vera, rasa.actions_port, rasa.secret):
        talk = Talk(vera)
        if which == "the deletion":
            await talk.press("Delete my data")
            await talk.say(JANE)
            await talk.say(newest_code(vera))
            await talk.press("Yes, on that day")
        else:
            await to_the_second_code(talk, vera)
        code = newest_code(vera)
        with monkeypatch.context() as dying:
            dying.setattr(vera.conversations._messages, "set_reading", killed)
            with pytest.raises(Killed):
                await vera.conversations.accept(talk.conversation, talk.token, code, "the code 1")
    reborn = make_vera(vera.settings.data_dir, rasa.url, rasa.secret)
    async with running(reborn, rasa.actions_port, rasa.secret):
        assert await reborn.turns.take_up_again() == 1
        again = Talk(reborn, talk.conversation, talk.token)
        heard = await again.say(code, "the code 1")
        assert ("It's planned as" if which == "the deletion" else "I'm changing it now") in heard
    assert count(reborn) == 1
    assert Company(vera.settings.data_dir).held(
        "shop", "SELECT count(*) FROM customers WHERE email = ?", JANE
    ) == [(1,)]


def killed(*_: Any, **__: Any) -> None:
    raise Killed


async def to_the_second_code(talk: Talk, vera: Vera, loses: Loses | None = None) -> None:
    """A new e-mail address, up to the question for its code."""
    await talk.press("Correct my data")
    await talk.press("E-mail address")
    await talk.say(JANE)
    await talk.say(newest_code(vera))
    await talk.say(NEW)
    act = talk.press("Yes, that's right")
    heard = await (loses(act) if loses else act)
    assert heard.endswith("Type the 6 digits of that second code.")

"""Who shared the conversation before the proof does not share what was proven."""

from playwright.sync_api import expect

from tests.journeys.conftest import Newcomer

ENDED = "That conversation has ended. Your requests go on. You can start a new conversation here."


def test_a_copied_key_opens_nothing_after_the_code(newcomer: Newcomer) -> None:
    owner = newcomer().opens_the_chat()
    owner.presses("See my data")
    owner.hears("Which e-mail address or phone number do we have for you?")

    copied = owner.page.context.cookies()
    thief = newcomer()
    thief.page.context.add_cookies(copied)  # type: ignore[arg-type]
    thief.opens_the_chat()
    assert thief.transcript == owner.transcript

    owner.proves("siobhan.o'connor@example.com")
    owner.hears("Everything in detail, with why we hold it")

    # The page that was open is sent away, and so is whoever comes back with the copied key.
    expect(thief.banner).to_have_text(ENDED)
    expect(thief.bubbles).to_have_count(1)
    thief.page.context.clear_cookies()
    thief.page.context.add_cookies(copied)  # type: ignore[arg-type]
    thief.opens_the_chat()
    expect(thief.banner).to_have_text(ENDED)
    assert owner.reference not in thief.page.content()
    thief.writes("where is my request?")
    thief.hears("First I need to be sure that it's you.")

    # The owner notices nothing of it.
    owner.writes("where is my request?")
    owner.hears(f"{owner.reference}: see your data. Done on")

"""Coming back: another day, another browser, and the request is where it was."""

from tests.journeys.conftest import Newcomer

DANA = "dana.kowalski@example.com"


def test_status_is_told_in_a_new_browser(newcomer: Newcomer) -> None:
    first = newcomer().opens_the_chat()
    first.presses("Download my data")
    first.proves(DANA)
    first.hears("Your copy is ready (PR-")

    second = newcomer().opens_the_chat()
    assert second.own.count() == 0
    second.writes("how far is my request?")
    second.hears("First I need to be sure that it's you.")
    second.proves(DANA)
    second.hears(f"{first.reference}: download your data. Done on")

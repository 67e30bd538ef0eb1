"""Codes in the real mailbox: wrong, expired, sent again, and the same words for people we do not know."""

import sqlite3

from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.driving.house import House
from tests.journeys.conftest import Newcomer

KARL = "karl.sammler@example.com"
SAM = "just.asking@example.com"
GRETA = "greta.voss@example.com"
BOBBY = "bobby.tables@example.com"


def asks_to_see(visitor: Visitor) -> None:
    visitor.presses("See my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_wrong_code_costs_a_try_and_the_right_one_still_works(visitor: Visitor) -> None:
    asks_to_see(visitor)
    code = visitor.gives(KARL)
    visitor.writes(other_than(code))
    visitor.hears(
        "That isn't the code that was sent. Only the newest one works. You have 4 tries left."
    )
    visitor.writes("12 May")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(f"{code[:3]} {code[3:]}")
    visitor.hears("Your reference is PR-")


def test_a_code_is_hidden_once_it_is_sent(visitor: Visitor) -> None:
    asks_to_see(visitor)
    code = visitor.gives("family.brandt@example.com")
    wrong = other_than(code)
    for typed, told in (
        (wrong, "4 tries left"),
        (wrong, "3 tries left"),
        (code, "is filed as PR-"),
    ):
        visitor.writes(typed)
        visitor.hears(told)
        expect(visitor.own.last).to_have_text("••••••")
        assert typed not in visitor.page.content()


def test_an_expired_code_is_replaced_by_a_new_one(house: House, visitor: Visitor) -> None:
    asks_to_see(visitor)
    code = visitor.gives(SAM)
    change(
        house,
        "SET expires_at = '2020-01-01 00:10:00.000000', sent_at = '2020-01-01 00:00:00.000000'",
    )
    visitor.writes(code)
    visitor.hears("That code has ended. A new one is on its way the same way.")
    visitor.writes(visitor.mailbox.next_code(SAM, before=1))
    visitor.hears("Your reference is PR-")


def test_a_code_is_sent_again_but_not_at_once(house: House, visitor: Visitor) -> None:
    asks_to_see(visitor)
    old = visitor.gives(GRETA)
    visitor.presses("Send a new code")
    visitor.hears("A code was sent a moment ago. Give it half a minute")
    visitor.hears("Type the 6 digits here.")
    change(house, "SET sent_at = '2020-01-01 00:00:00.000000'")
    visitor.presses("Send a new code")
    visitor.hears("A new code is on its way the same way.")
    visitor.hears("Type the 6 digits here.")
    new = visitor.mailbox.next_code(GRETA, before=1)
    if old != new:
        visitor.writes(old)
        visitor.hears("Only the newest one works.")
    visitor.writes(new)
    visitor.hears("Your reference is PR-")


def test_an_unknown_address_hears_what_a_known_one_hears(newcomer: Newcomer) -> None:
    heard: dict[str, list[list[str]]] = {}
    for address in (BOBBY, "bobby.nobody@example.com"):
        visitor = newcomer().opens_the_chat()
        asks_to_see(visitor)
        heard[address] = []
        for said in (address, "000000", "why do you ask?"):
            visitor.writes(said)
            visitor.hears("Type the 6 digits here.")
            heard[address].append([*visitor.answer, *visitor.quick_replies.all_text_contents()])
    known, unknown = heard.values()
    assert known == unknown
    assert visitor.mailbox.mails("bobby.nobody@example.com") == []


def change(house: House, what: str) -> None:
    """Move challenges into the past: the only thing about them that changes with time."""
    with sqlite3.connect(house.data / "vera.db", timeout=10) as database:
        assert database.execute(f"UPDATE challenge {what}").rowcount > 0

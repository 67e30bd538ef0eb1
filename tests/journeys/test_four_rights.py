"""The main job: see, correct, download, delete, each from one's own words to a filed request with a date."""

from playwright.sync_api import expect

from tests.driving.browser import Visitor

JANE = "jane.miller@example.com"


def test_seeing_my_data(visitor: Visitor) -> None:
    visitor.writes("what do you know about me?")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.writes("why do you ask?")
    visitor.hears("so that only you can reach your data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves(JANE)
    visitor.hears("Your request to see your data is filed as PR-")
    visitor.hears("at the latest")
    confirmation = visitor.mailbox.letter(JANE, visitor.reference)
    assert "You asked to: see your data" in confirmation
    visitor.presses("Where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Received on")


def test_correcting_my_data_with_the_value_read_back(visitor: Visitor) -> None:
    visitor.writes("some of the data you have about me is wrong, I want it fixed")
    visitor.hears("What should be corrected?")
    visitor.presses("Address")
    visitor.hears("What should your address be from now on?")
    visitor.writes("Neue Gasse 21, 10115 Berlin")
    visitor.hears("Your address would become: Neue Gasse 21, 10115 Berlin Is that right?")
    visitor.presses("No, type it again")
    visitor.hears("What should your address be from now on?")
    visitor.writes("Neue Gasse 12, 10115 Berlin")
    visitor.hears("Your address would become: Neue Gasse 12, 10115 Berlin Is that right?")
    visitor.presses("Yes, that's right")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves(JANE)
    visitor.hears("Your request to correct your data is filed as PR-")
    assert "correct your data" in visitor.mailbox.letter(JANE, visitor.reference)


def test_downloading_my_data(visitor: Visitor) -> None:
    visitor.writes("Can I get a copy of everything to take with me?")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves("l.fontaine@example.com")
    visitor.hears("Your request for a copy of your data is filed as PR-")
    visitor.hears("The copy is ready by")


def test_deleting_my_data_after_hearing_what_it_means(visitor: Visitor) -> None:
    visitor.writes("I want you to erase everything you have about me")
    visitor.hears("It can't be brought back once it is done.")
    visitor.hears("What the law makes us keep, such as invoices, stays locked away")
    expect(visitor.quick_replies).to_have_text(
        ["Yes, delete my data", "Get a copy first", "Never mind"]
    )
    visitor.presses("Yes, delete my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    visitor.proves("amir.tehrani@example.com")
    visitor.hears("Your request to delete your data is filed as PR-")
    visitor.hears("Until the work begins you can cancel it here.")
    expect(visitor.quick_replies).to_have_text(["Where is my request?", "Cancel this request"])

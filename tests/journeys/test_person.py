"""A person is one press away, and hears what was said."""

from tests.driving.browser import Visitor

INBOX = "privacy@alderfinch.example"


def test_talk_to_a_person_reaches_the_company(visitor: Visitor) -> None:
    visitor.presses("Talk to a person")
    visitor.hears("Write your message now, in one piece.")
    visitor.writes("My parcels go to the neighbour. Delete nothing.\nCall me after five.")
    visitor.hears("Where can they answer you?")
    visitor.writes("030 23125 106")
    visitor.hears("Your message is stored and on its way to a person.")
    mail = visitor.mailbox.letter(INBOX, "My parcels go to the neighbour. Delete nothing.")["text"]
    assert "Call me after five." in mail
    assert "Answer to: 03023125106" in mail

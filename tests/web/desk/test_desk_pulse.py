"""Whose desk is out of date: everybody's when the queue changes, one agent's when what they hold does."""

from tests.web.desk.desk_house import DeskHouse


def test_what_a_colleague_holds_is_no_news(house: DeskHouse) -> None:
    anna, ben = house.employs("Anna"), house.employs("Ben")
    pulse, people = house.desk.pulse, house.people

    def seen() -> tuple[object, object]:
        pulse.look()
        return pulse.of_queue(anna.id), pulse.of_queue(ben.id)

    at_first = seen()
    opened = house.waiting()
    asked = seen()
    assert asked[0] != at_first[0] and asked[1] != at_first[1]

    people.claim(opened.conversation, anna)
    claimed = seen()
    assert claimed[0] != asked[0] and claimed[1] != asked[1]

    people.reply(opened.conversation, anna, "Hello, this is Anna.", "first-reply")
    replied = seen()
    assert replied[0] != claimed[0] and replied[1] == claimed[1]

    people.release(opened.conversation, anna)
    released = seen()
    assert released[0] != replied[0] and released[1] != replied[1]
    assert pulse.look() is False

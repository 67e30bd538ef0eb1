"""Who holds a conversation, as pages and programs are told."""

import json

import pytest

from tests.web.twin import Event, HolderNow, Wait
from web.chat import wording
from web.chat.event_stream import encode
from web.chat.view import holder_view, holder_words

WORDS = wording.words("en")


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (HolderNow(), "Automated privacy assistant"),
        (HolderNow("queue", wait=Wait(0)), "Waiting for a person: you are next"),
        (HolderNow("queue", wait=Wait(1)), "Waiting for a person: one is before you"),
        (HolderNow("queue", wait=Wait(7)), "Waiting for a person: 7 are before you"),
        (
            HolderNow("queue", wait=Wait(0), is_staffed=False),
            "Waiting for a person: nobody is here just now",
        ),
        (HolderNow("agent", "Robin"), "Robin, a person"),
    ],
)
def test_the_head_of_the_page_says_who_it_is(now: HolderNow, said: str) -> None:
    assert holder_words(holder_view(now), WORDS) == said


def test_before_the_first_message_it_is_the_assistant() -> None:
    assert holder_words(None, WORDS) == "Automated privacy assistant"


def test_streams_carry_the_holder_with_what_is_known_of_the_wait() -> None:
    event = Event("holder", holder=HolderNow("queue", wait=Wait(2, 4)))
    name, data = encode(event).strip().split("\n")
    assert name == "event: holder"
    assert json.loads(data.removeprefix("data: ")) == {
        "holder": "queue", "name": "", "ahead": 2, "minutes": 4, "staffed": True,
    }  # fmt: skip

"""A message as the outside sees it: one shape for the JSON API, the event stream and the page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from web.chat.parts import OwnPages, Part, split_parts
from web.chat.port import Choice, Expects, HolderNow, Message


class ChoiceView(TypedDict):
    """A quick reply."""

    id: str
    label: str


class MessageView(TypedDict):
    """A message in JSON."""

    id: int
    author: str
    name: str
    text: str
    parts: list[Part]
    choices: list[ChoiceView]
    expects: Expects | None
    at: str
    client_id: str | None


def message_view(message: Message, own_pages: OwnPages | None = None) -> MessageView:
    """The JSON shape of a message."""
    return {
        "id": message.id,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "parts": split_parts(message.text, own_pages),
        "choices": [{"id": choice.id, "label": choice.label} for choice in message.choices],
        "expects": message.expects,
        "at": message.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "client_id": message.client_id,
    }


class HolderView(TypedDict):
    """Who holds the conversation, in JSON."""

    holder: str
    name: str
    ahead: int | None
    minutes: int | None
    staffed: bool


def holder_view(now: HolderNow) -> HolderView:
    """The JSON shape of who holds a conversation."""
    return {
        "holder": now.holder,
        "name": now.name,
        "ahead": now.wait.ahead if now.wait else None,
        "minutes": now.wait.minutes if now.wait else None,
        "staffed": now.is_staffed,
    }


def holder_words(now: HolderView | None, words: Mapping[str, str]) -> str:
    """The same in words, for the head of the page."""
    if now is None or now["holder"] == "bot":
        return words["automated"]
    if now["holder"] == "agent":
        return words["holder_agent"].replace("{name}", now["name"])
    if not now["staffed"]:
        return words["holder_away"]
    ahead = now["ahead"] or 0
    few = words["holder_one_ahead"] if ahead else words["holder_next"]
    many = words["holder_ahead"].replace("{count}", str(ahead))
    return words["holder_queue"].replace("{ahead}", many if ahead > 1 else few)


class Said:
    """A message on the server-made page, with times told in the company's time zone."""

    def __init__(
        self,
        message: Message,
        zone: ZoneInfo,
        previous_day: str,
        own_pages: OwnPages | None = None,
    ) -> None:
        local = message.at.astimezone(zone)
        self.id = message.id
        self.author = message.author
        self.name = message.name
        self.client_id = message.client_id
        self.parts = split_parts(message.text, own_pages)
        self.at = message.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.clock = local.strftime("%H:%M")
        self.day = local.strftime("%Y-%m-%d")
        self.new_day = _day_in_words(local) if self.day != previous_day else ""


def as_page(
    messages: Sequence[Message], zone: ZoneInfo, own_pages: OwnPages | None = None
) -> Iterator[Said]:
    """Messages with a heading where a new day begins."""
    day = ""
    for message in messages:
        said = Said(message, zone, day, own_pages)
        day = said.day
        yield said


def live_choices(messages: Sequence[Message]) -> Sequence[Choice]:
    """The quick replies on offer: those of the newest bot message, until the customer has answered it."""
    for message in reversed(messages):
        if message.author == "customer":
            return ()
        if message.author == "bot":
            return message.choices
    return ()


def expected(messages: Sequence[Message]) -> Expects | None:
    """What the newest bot message asks for."""
    for message in reversed(messages):
        if message.author == "bot":
            return message.expects
    return None


def _day_in_words(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B}"

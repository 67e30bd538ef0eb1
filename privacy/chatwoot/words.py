"""What agents at Chatwoot read beside a conversation: private notes. No value of a customer's stands in them unhidden."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Final

from privacy.contacts import mask
from privacy.desk.cases import Case, Line
from privacy.handoff.hand_overs import HandOver

LONGEST_TEXT: Final = 30_000
"""Letters of a note; of longer transcripts the newest part is shown."""

_WHY: Final = {
    "asked": "They asked for a person.",
    "complaint": "They have a complaint.",
    "misunderstood": "The assistant did not understand them.",
    "unverified": "They could not prove who they are with a code.",
}
_CUT: Final = "(earlier lines are left out)\n"

NOT_DELIVERED: Final = "This message was not delivered: the customer is with the assistant again, and nobody waits here."
NOT_ALLOWED: Final = (
    "This message was not delivered: its author may not answer Vera's customers any more."
)
FILE_NOT_PASSED: Final = (
    "Files are not passed on. The customer was told that there is one and that they do not have it."
)
ENDED: Final = {
    "taken_back": "The customer went on with the assistant.",
    "handed_back": "The conversation was handed back to the assistant.",
    "closed": "The conversation was closed.",
}


def shown(line: Line) -> str:
    """The words of a line, values hidden."""
    return "".join(part.text for part in line.parts)


def speaker(line: Line) -> str:
    """Who said a line."""
    if line.author == "agent":
        return line.name or "A colleague"
    names = {"customer": "Customer", "bot": "Assistant", "notice": "Notice", "note": "Note"}
    return names.get(line.author, line.author)


def beside(line: Line) -> str:
    """A line that was not said to whoever reads it."""
    return f"{speaker(line)}: {shown(line)}"


def opening(case: Case, one: HandOver, before: int, zone: tzinfo, desk: str) -> str:
    """The note with which a conversation begins: why, what was proven, which requests, what was said before a line."""
    parts = [_first(case, one)]
    parts += _listed("Proven in this conversation:", (
        f"{row.contact}, for {row.operation} (level {row.level}), {_moment(row.at, zone)}"
        for row in case.verified
    )) or ["Nothing was proven in this conversation."]  # fmt: skip
    parts += _listed("Requests of this conversation:", (
        f"{row.reference}: {row.kind}, {row.status}"
        + ("" if row.is_closed else f", due {_moment(row.due_at, zone)}")
        for row in case.requests
    ))  # fmt: skip
    parts.append(f"Values are hidden here. Who needs one opens Vera's own desk: {desk}")
    said = [
        f"{_moment(line.at, zone)} {beside(line)}"
        for line in case.lines
        if line.author != "notice" and (line.author == "note" or line.id < before)
    ]
    if said:
        parts.append(_newest("What was said so far:", said))
    return "\n\n".join(parts)


def _first(case: Case, one: HandOver) -> str:
    words = (
        f"Vera handed this conversation over. {_WHY.get(one.reason, '')} Channel: {case.channel}."
    )
    if one.mode == "left":
        way = f" and to {mask(one.answer_to)}" if one.answer_to is not None else ""
        return f"{words} They left a message: the answer goes into the conversation{way}."
    return f"{words} They wait in the conversation."


def _listed(title: str, rows: Iterable[str]) -> list[str]:
    lines = [f"- {row}" for row in rows]
    return ["\n".join([title, *lines])] if lines else []


def _newest(title: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    if len(text) > LONGEST_TEXT:
        text = _CUT + text[-LONGEST_TEXT:]
    return f"{title}\n{text}"


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

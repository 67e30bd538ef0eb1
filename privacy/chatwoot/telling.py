"""From here to there: what agents at Chatwoot have to know, and what the customer says, each once and in order."""

from datetime import datetime, tzinfo
from typing import Any, Final

from anyio.to_thread import run_sync

from privacy.chatwoot import words
from privacy.chatwoot.api import Api, PutOff, Standing
from privacy.chatwoot.here import Here
from privacy.chatwoot.links import Link, Links
from privacy.crashpoints import crashpoint
from privacy.desk.cases import Line
from privacy.handoff.hand_overs import HandOver

OURS: Final = "vera:"
"""How the `source_id` of every message of ours there begins."""

type Known = frozenset[str]
"""Messages of ours that were found there, by `source_id`."""


class Telling:
    """Writes into conversations there. Every call may raise Away, PutOff, Gone, LeaseLost."""

    def __init__(self, api: Api, links: Links, *, zone: tzinfo, desk: str) -> None:
        self._api = api
        self._links = links
        self._zone = zone
        self._desk = desk

    async def open(self, link: Link, here: Here, one: HandOver, known: Known) -> Link:
        """A new hand-over: agents read what it is about, and the conversation is open there."""
        newest = max((line.id for line in here.lines), default=0)
        asked = [line.id for line in here.lines if line.author == "customer"]
        # Their last words are told as theirs, so that it rings at the agents'; what was before, as a note.
        first = asked[-1] if asked and one.mode == "live" else newest + 1
        text = words.opening(here.case, one, first, self._zone, self._desk)
        await self.note(link, text, f"open:{one.id}", known)
        await self._api.set_status(placed(link), "open")
        told_to = max(link.told_to, first - 1)
        return await self.keep(link, hand_over=one.id, told_to=told_to, is_resolved=False)

    async def tell(self, link: Link, here: Here, one: HandOver, known: Known) -> None:
        """What was said since, line by line."""
        for left in here.untold(link):
            await self._say(link, left.text, f"left:{left.id}", known)
            link = await self.keep(link, left_told=left.at)
        if one.mode == "left" and one.agent is None:
            return
        for line in here.lines:
            if line.id <= link.told_to:
                continue
            if line.id not in here.from_there:
                await self._tell_line(link, line, one, known)
            link = await self.keep(link, told_to=line.id)

    async def _tell_line(self, link: Link, line: Line, one: HandOver, known: Known) -> None:
        source = f"line:{line.id}"
        if line.author == "customer" and not _was_for_bot(line.at, one):
            await self._say(link, words.shown(line), source, known)
        elif line.author in ("customer", "bot", "agent"):
            await self.note(link, words.beside(line), source, known)

    async def close(self, link: Link, here: Here, standing: Standing, known: Known) -> None:
        """Its hand-over has ended here: agents read why, and the conversation is done there."""
        if link.hand_over is None:
            return
        why = words.ENDED.get(here.outcome, words.ENDED["closed"])
        await self.note(link, why, f"end:{link.hand_over}", known)
        if standing.status != "resolved":
            await self._api.set_status(placed(link), "resolved")
        await self.keep(link, hand_over=None, assignee=None)

    async def note(self, link: Link, text: str, source: str, known: Known) -> None:
        if OURS + source not in known:
            await self._api.write(placed(link), text, OURS + source, is_note=True)
            crashpoint("chatwoot-noted")

    async def _say(self, link: Link, text: str, source: str, known: Known) -> None:
        if text.strip() and OURS + source not in known:
            await self._api.write(placed(link), text, OURS + source, is_note=False)
            crashpoint("chatwoot-said")

    async def keep(self, link: Link, **changes: Any) -> Link:
        """Write down how far things are."""
        await run_sync(lambda: self._links.keep(link, **changes))
        crashpoint("chatwoot-kept")
        return link.with_(**changes)


def placed(link: Link) -> int:
    """Its number there."""
    if link.number is None:
        raise PutOff
    return link.number


def told(known: Known) -> int:
    """The newest line of ours that was found there; 0 where there is none."""
    return max((_line_of(source) for source in known), default=0)


def _line_of(source: str) -> int:
    number = source.removeprefix(f"{OURS}line:")
    return int(number) if number.isdecimal() else 0


def _was_for_bot(at: datetime, one: HandOver) -> bool:
    """Said after a message was left and before somebody took it."""
    return one.mode == "left" and one.claimed_at is not None and at < one.claimed_at

"""One round for one conversation: what Chatwoot's agents did is done here, what was said here is told there.

Every round first reads what is there, also what we wrote and had no answer for, so a round that is cut off anywhere
is gone through again without doubling anything. Every message of ours there has a `source_id` that says which it is.
"""

from datetime import timedelta
from typing import Any, Final

from anyio.to_thread import run_sync

from privacy.chatwoot.api import Api, Away, Gone, PutOff
from privacy.chatwoot.hearing import Hearing
from privacy.chatwoot.here import Here, HereReader
from privacy.chatwoot.links import Link, Links
from privacy.chatwoot.telling import OURS, Known, Telling, placed, told
from privacy.crashpoints import crashpoint
from privacy.desk.cases import Case

LOOK_EVERY: Final = timedelta(seconds=30)
"""While somebody waits or talks: a webhook may get lost."""

LOOK_AT_LEFT: Final = timedelta(minutes=5)
"""While a message that was left waits for its answer, for days maybe."""


class Relay:
    """Goes through rounds."""

    def __init__(
        self, api: Api, links: Links, reader: HereReader, telling: Telling, hearing: Hearing
    ) -> None:
        self._api = api
        self._links = links
        self._reader = reader
        self._telling = telling
        self._hearing = hearing

    async def go(self, link: Link) -> timedelta | None:
        """One round. Returns when to look again; None: when it rings.

        Raises Away, PutOff, LeaseLost.
        """
        here = await run_sync(self._reader.read, link)
        if link.number is None:
            if here.open is None:
                return None
            try:
                link = await self._place(link, here.case)
            except Gone:
                raise PutOff(404) from None
        try:
            return await self._round(link, here)
        except Gone:
            await self._start_anew(link)
            return timedelta()

    async def _round(self, link: Link, here: Here) -> timedelta | None:
        number = placed(link)
        standing = await self._api.standing(number)
        said = await self._api.messages(number, link.heard_to)
        known = frozenset(one.source for one in said if one.source.startswith(OURS))
        link = await self._recognise(link, here, known)
        is_new = here.open is not None and link.hand_over != here.open.id
        if here.open is not None and is_new:
            link = await self._telling.open(link, here, here.open, known)
        for one in said:
            if one.by is not None and not one.source.startswith(OURS):
                await self._hearing.pass_on(link, one, one.by, known)
        await self._hearing.follow(link, standing, is_new=is_new)
        heard = max((one.number for one in said), default=link.heard_to)
        assignee = standing.assignee.number if standing.assignee else None
        await self._telling.keep(
            link,
            heard_to=max(heard, link.heard_to),
            assignee=assignee,
            is_resolved=standing.status == "resolved" and not is_new,
        )
        # What was done just now may have ended the hand-over, or begun one for the agent.
        here = await run_sync(self._reader.read, link)
        if here.open is None:
            await self._telling.close(link, here, standing, known)
            return None
        await self._telling.tell(link, here, here.open, known)
        return LOOK_AT_LEFT if here.open.holder == "bot" else LOOK_EVERY

    # ---- A place there ---------------------------------------------------------------------------------

    async def _place(self, link: Link, case: Case) -> Link:
        if not await self._api.has_contact(link.source):
            await self._api.make_contact(link.source, f"Customer ({case.channel})")
            crashpoint("chatwoot-contact")
        places = await self._api.conversations_of(link.source)
        place = places[0] if places else None
        if place is None:
            place = await self._api.make_conversation(link.source, {"vera_channel": case.channel})
            crashpoint("chatwoot-conversation")
        try:
            seen = await self._api.standing(place.number)
        except Gone:
            raise Away(
                "has this inbox in another account, or our user is no member of it"
            ) from None
        if seen.inbox != place.inbox:
            # The same number in another account: somebody else's conversation.
            raise Away("has this inbox in another account")
        return await self._telling.keep(link, number=place.number)

    async def _start_anew(self, link: Link) -> None:
        """Raises Away where their conversation is still there and only our token does not see it."""
        try:
            places = await self._api.conversations_of(link.source)
        except Gone:
            places = []
        if any(place.number == link.number for place in places):
            raise Away("shows this conversation to customers and not to our user")
        await run_sync(self._links.start_anew, link)

    async def _recognise(self, link: Link, here: Here, known: Known) -> Link:
        """What we wrote and had no answer for, found there."""
        changes: dict[str, Any] = {}
        if told(known) > link.told_to:
            changes["told_to"] = told(known)
        left = [one.at for one in here.untold(link) if f"{OURS}left:{one.id}" in known]
        if left:
            changes["left_told"] = max(left)
        return await self._telling.keep(link, **changes) if changes else link

"""From there to here: an agent's words for the customer, who has the conversation, and that it is done."""

from contextlib import suppress

from anyio.to_thread import run_sync

from privacy.agents.accounts import OUTSIDE
from privacy.agents.outside import OutsideAgents
from privacy.chatwoot import words
from privacy.chatwoot.api import Colleague, Said, Standing
from privacy.chatwoot.here import THEIRS
from privacy.chatwoot.links import Link
from privacy.chatwoot.telling import OURS, Known, Telling
from privacy.conversations.elsewhere import Elsewhere
from privacy.conversations.people import LONGEST
from privacy.errors import NotPossibleNow


class Hearing:
    """Does here what agents did there. Every call may raise what Telling raises."""

    def __init__(
        self, elsewhere: Elsewhere, agents: OutsideAgents, telling: Telling, file_not_passed: str
    ) -> None:
        self._elsewhere = elsewhere
        self._agents = agents
        self._telling = telling
        self._file_not_passed = file_not_passed

    async def pass_on(self, link: Link, one: Said, by: Colleague, known: Known) -> None:
        """An agent's words for the customer."""
        if f"{OURS}no:{one.number}" in known:
            return  # they were told that it was not delivered, and that stays so
        agent = await run_sync(self._agents.known, by.number, by.name)
        if agent.state != OUTSIDE:
            await self._telling.note(link, words.NOT_ALLOWED, f"no:{one.number}", known)
            return
        text = one.text.strip()
        if one.has_files:
            text = f"{text}\n\n{self._file_not_passed}".strip()
        try:
            for at, piece in enumerate(_pieces(text)):
                client_id = f"{THEIRS}{one.number}" + (f".{at}" if at else "")
                await run_sync(self._elsewhere.replied, link.conversation, agent, piece, client_id)
        except NotPossibleNow:
            await self._telling.note(link, words.NOT_DELIVERED, f"no:{one.number}", known)
            return
        if one.has_files:
            await self._telling.note(link, words.FILE_NOT_PASSED, f"file:{one.number}", known)

    async def follow(self, link: Link, standing: Standing, *, is_new: bool) -> None:
        """Who has it there has it here; what is done there is done here."""
        if is_new:
            return  # whoever has it from an earlier time, or by a rule, has not joined by that
        now = standing.assignee
        if now is not None and now.number != link.assignee and standing.status != "resolved":
            agent = await run_sync(self._agents.known, now.number, now.name)
            with suppress(NotPossibleNow):  # nobody waits any more
                if agent.state == OUTSIDE:
                    await run_sync(self._elsewhere.taken, link.conversation, agent)
        elif now is None and link.assignee is not None:
            former = await run_sync(self._agents.find, link.assignee)
            if former is not None:
                await run_sync(self._elsewhere.let_go, link.conversation, former)
        # Who writes into a resolved conversation does not open it again: it is done once.
        if standing.status == "resolved" and not link.is_resolved:
            await run_sync(self._elsewhere.finished, link.conversation)


def _pieces(text: str) -> list[str]:
    """A text in pieces that a message can hold, cut between lines or words where that is possible."""
    pieces = []
    while len(text) > LONGEST:
        at = max(text.rfind("\n", 0, LONGEST), text.rfind(" ", 0, LONGEST))
        at = at if at > LONGEST // 2 else LONGEST
        pieces.append(text[:at].strip())
        text = text[at:].strip()
    return [piece for piece in [*pieces, text] if piece]

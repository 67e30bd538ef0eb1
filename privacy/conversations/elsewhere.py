"""The hand-over's verbs for people who answer at another desk: there nothing asks us first, it has happened already.

Whoever writes to the customer has the conversation by that; what happens twice happens once here.
"""

from sqlalchemy import Connection

from privacy.agents.accounts import Agent
from privacy.agents.outside import is_outside
from privacy.conversations.messages import Messages
from privacy.conversations.people import People, worded
from privacy.conversations.wording import Wording
from privacy.errors import NotPossibleNow
from privacy.handoff.hand_overs import HandOver, HandOvers
from privacy.store.database import Database


class Elsewhere:
    """Follows what people at another desk do."""

    def __init__(
        self,
        database: Database,
        hand_overs: HandOvers,
        messages: Messages,
        wording: Wording,
        people: People,
    ) -> None:
        self._database = database
        self._hand_overs = hand_overs
        self._messages = messages
        self._wording = wording
        self._people = people

    def taken(self, conversation: str, by: Agent) -> None:
        """Somebody took it; one's own is taken already. Raises NotPossibleNow where nobody waits."""
        with self._database.write() as tx:
            self._take(tx, conversation, by)
        self._people.wake(conversation)

    def let_go(self, conversation: str, by: Agent) -> None:
        """Whoever had taken it has it no more. Nothing where it is somebody's at our own desk."""
        with self._database.read() as tx:
            one = self._hand_overs.of(tx, conversation)
            if one is None or one.agent is None or not is_outside(tx, one.agent):
                return
        self._people.assign(conversation, None, by)

    def replied(self, conversation: str, by: Agent, text: str, client_id: str) -> int:
        """Somebody wrote to the customer; the same client id twice is one message. Returns its id.

        Raises NotPossibleNow where nobody waits, MessageEmpty, MessageTooLong.
        """
        words = worded(text)
        with self._database.write() as tx:
            known = self._messages.find(tx, conversation, client_id)
            if known is not None:
                return known
            one = self._take(tx, conversation, by)
            self._hand_overs.agent_wrote(tx, conversation, by.id)
            message = self._messages.add_agent(tx, conversation, words, by.name, client_id)
            self._people.mail_answer(tx, one, by, words, message)
        self._people.wake(conversation)
        return message

    def finished(self, conversation: str) -> None:
        """They are done with it: the bot goes on. Nothing where it is somebody's at our own desk."""
        with self._database.write() as tx:
            one = self._hand_overs.of(tx, conversation, to_change=True)
            if one is None or (one.agent is not None and not is_outside(tx, one.agent)):
                return
            if one.agent is not None:
                self._hand_overs.end(tx, conversation, "handed_back", f"agent:{one.agent}")
                self._say(tx, conversation, "utter_person_left", name=one.agent_name)
            else:
                self._hand_overs.end(tx, conversation, "closed", "service")
            if one.holder != "bot":
                back = self._wording.utterance("utter_back_with_assistant")
                self._messages.add_said(tx, conversation, [back])
        self._people.wake(conversation)

    def _take(self, tx: Connection, conversation: str, by: Agent) -> HandOver:
        before = self._hand_overs.of(tx, conversation, to_change=True)
        if before is None:
            raise NotPossibleNow("nobody waits for a person here")
        if before.agent == by.id:
            return before
        if before.agent is None:
            one = self._hand_overs.claim(tx, conversation, by.id)
        else:
            one = self._hand_overs.assign(tx, conversation, by.id, by.id)
        self._say(tx, conversation, "utter_person_joined", name=by.name)
        return one

    def _say(self, tx: Connection, conversation: str, wording: str, *, name: str) -> None:
        said = self._wording.utterance(wording, name=name)
        self._messages.add_said(tx, conversation, [said], author="notice")

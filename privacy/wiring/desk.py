"""Puts the desk together: what agents see, and how they get in."""

from privacy.agents.accounts import Accounts
from privacy.agents.sessions import AgentSessions
from privacy.conversations.live import Hub
from privacy.conversations.messages import Messages
from privacy.conversations.people import People
from privacy.desk.cases import Cases
from privacy.desk.desk import Desk
from privacy.desk.presence import Presence
from privacy.desk.pulse import Pulse
from privacy.desk.queue import Queue
from privacy.desk.saved_replies import SavedReplies
from privacy.handoff.hand_overs import HandOvers
from privacy.handoff.notes import Notes
from privacy.wiring.carrying import Ground


def build_desk(
    ground: Ground,
    people: People,
    hand_overs: HandOvers,
    notes: Notes,
    messages: Messages,
    hub: Hub,
) -> Desk:
    """The rooms behind the desk's doors."""
    database, keyring, clock = ground.database, ground.keyring, ground.clock
    presence = Presence(database, clock)
    return Desk(
        accounts=Accounts(database, keyring, clock),
        sessions=AgentSessions(database, keyring, clock),
        people=people,
        queue=Queue(database, clock),
        cases=Cases(database, keyring, clock, ground.policy, messages, hand_overs, notes, presence),
        saved_replies=SavedReplies(database, notes),
        presence=presence,
        pulse=Pulse(database, hub, presence),
        hub=hub,
    )

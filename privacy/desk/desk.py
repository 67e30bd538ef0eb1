"""Everything that the doors of the desk need, in one place."""

from dataclasses import dataclass

from privacy.agents.accounts import Accounts
from privacy.agents.sessions import AgentSessions
from privacy.conversations.live import Hub
from privacy.conversations.people import People
from privacy.desk.cases import Cases
from privacy.desk.presence import Presence
from privacy.desk.pulse import Pulse
from privacy.desk.queue import Queue
from privacy.desk.saved_replies import SavedReplies


@dataclass(frozen=True, slots=True)
class Desk:
    """The rooms behind the desk's doors."""

    accounts: Accounts
    sessions: AgentSessions
    people: People
    queue: Queue
    cases: Cases
    saved_replies: SavedReplies
    presence: Presence
    pulse: Pulse
    hub: Hub

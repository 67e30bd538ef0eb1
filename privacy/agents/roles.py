"""Roles, and what each may do at the desk: one table, asked by every door before every act.

No act here is a way round a law or a proof: nobody may skip verification, and refusing, extending and holding stay with
those who answer for privacy (S-27). Plain rules: no database, no web.
"""

from enum import StrEnum
from typing import Final

from privacy.errors import NotAllowed


class Role(StrEnum):
    """What somebody is at the desk."""

    AGENT = "agent"
    OFFICER = "officer"  # answers for privacy: decides
    ADMINISTRATOR = "administrator"  # keeps the desk running: its people and its saved replies
    AUDITOR = "auditor"  # looks, and changes nothing


class Act(StrEnum):
    """What can be done at the desk."""

    READ_CONVERSATIONS = "read_conversations"
    CLAIM = "claim"  # take a conversation, let it go, hand it back, put it off
    ASSIGN = "assign"  # to somebody else, or away from them
    REPLY = "reply"
    NOTE = "note"
    REVEAL = "reveal"  # one masked value, for a reason
    READ_REQUESTS = "read_requests"
    DO_TASK = "do_task"
    PROPOSE = "propose"  # a refusal or an extension, for somebody else to approve
    DECIDE = "decide"  # refuse, extend, settle who is asking, read what leaves
    HOLD = "hold"  # place and lift a legal hold
    WRITE_SAVED_REPLIES = "write_saved_replies"
    READ_METRICS = "read_metrics"
    READ_AUDIT = "read_audit"


_EVERYBODY: Final = frozenset(Role)
_WORKING: Final = frozenset({Role.AGENT, Role.OFFICER})
_OFFICER: Final = frozenset({Role.OFFICER})

PERMITTED: Final[dict[Act, frozenset[Role]]] = {
    Act.READ_CONVERSATIONS: frozenset({Role.AGENT, Role.OFFICER, Role.AUDITOR}),
    Act.CLAIM: _WORKING,
    Act.ASSIGN: frozenset({Role.OFFICER, Role.ADMINISTRATOR}),
    Act.REPLY: _WORKING,
    Act.NOTE: _WORKING,
    Act.REVEAL: _WORKING,
    Act.READ_REQUESTS: frozenset({Role.AGENT, Role.OFFICER, Role.AUDITOR}),
    Act.DO_TASK: _WORKING,
    Act.PROPOSE: _WORKING,
    Act.DECIDE: _OFFICER,
    Act.HOLD: _OFFICER,
    Act.WRITE_SAVED_REPLIES: frozenset({Role.OFFICER, Role.ADMINISTRATOR}),
    Act.READ_METRICS: _EVERYBODY,
    Act.READ_AUDIT: frozenset({Role.OFFICER, Role.AUDITOR}),
}


def is_permitted(role: Role, act: Act) -> bool:
    """May somebody of this role do that?"""
    return role in PERMITTED[act]


def roles_that_may(act: Act) -> tuple[str, ...]:
    """The roles for which something is permitted, by name."""
    return tuple(sorted(role.value for role in PERMITTED[act]))


def check_permitted(role: Role, act: Act) -> None:
    """Raises NotAllowed."""
    if not is_permitted(role, act):
        raise NotAllowed(f"{role} may not {act}")

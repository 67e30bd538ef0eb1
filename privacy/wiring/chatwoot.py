"""Puts Chatwoot together as the desk, where a company has it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from privacy.agents.outside import OutsideAgents
from privacy.chatwoot.api import Api
from privacy.chatwoot.bell import Bell
from privacy.chatwoot.connection import Connection
from privacy.chatwoot.hearing import Hearing
from privacy.chatwoot.here import HereReader
from privacy.chatwoot.links import Links
from privacy.chatwoot.relay import Relay
from privacy.chatwoot.rounds import Rounds
from privacy.chatwoot.staff import Staff
from privacy.chatwoot.telling import Telling
from privacy.clock import Clock
from privacy.conversations.elsewhere import Elsewhere
from privacy.conversations.live import Hub
from privacy.conversations.messages import Messages
from privacy.conversations.people import People
from privacy.conversations.wording import Wording
from privacy.desk.cases import Cases
from privacy.handoff.hand_overs import HandOvers
from privacy.handoff.port import OwnDesk
from privacy.settings import Settings
from privacy.wiring.carrying import Ground

_LEAVE_WITHIN: Final = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class ChatwootLine:
    """The connection, and who is there."""

    connection: Connection
    api: Api
    staff: Staff


@dataclass(frozen=True, slots=True)
class Chatwoot:
    """What runs in the background, and what its door needs."""

    line: ChatwootLine
    rounds: Rounds
    bell: Bell

    @property
    def away_since(self) -> datetime | None:
        """Since when Chatwoot has been away, or has refused us; None while it is there, for all that is known."""
        silent = (self.line.staff.away_since, self.rounds.away_since)
        return min((one for one in silent if one is not None), default=None)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is in hand then has some seconds, and is gone through again if it was not enough."""
        work = [
            asyncio.create_task(self.line.staff.run(stop), name="chatwoot staff"),
            asyncio.create_task(self.rounds.run(stop), name="chatwoot rounds"),
        ]
        try:
            await stop.wait()
            await asyncio.wait(work, timeout=_LEAVE_WITHIN)
        finally:
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self.line.api.close()


def read_chatwoot(settings: Settings) -> Connection | None:
    """None where the company has none. Raises ChatwootSettingWrong."""
    return Connection.read(
        url=settings.chatwoot_url,
        account=settings.chatwoot_account,
        inbox=settings.chatwoot_inbox,
        token=settings.chatwoot_token,
        secret=settings.chatwoot_secret,
    )


def open_chatwoot(settings: Settings, clock: Clock) -> ChatwootLine | None:
    """Raises ChatwootSettingWrong. Nothing is connected yet."""
    connection = read_chatwoot(settings)
    if connection is None:
        return None
    api = Api(connection)
    return ChatwootLine(connection, api, Staff(api, clock, OwnDesk()))


def build_chatwoot(
    line: ChatwootLine,
    ground: Ground,
    *,
    hand_overs: HandOvers,
    messages: Messages,
    wording: Wording,
    people: People,
    cases: Cases,
    hub: Hub,
) -> Chatwoot:
    """Raises WordingMissing."""
    database, keyring, clock = ground.database, ground.keyring, ground.clock
    links = Links(database, keyring, clock)
    zone, desk = ground.settings.zone, ground.settings.desk_origin
    telling = Telling(line.api, links, zone=zone, desk=desk)
    hearing = Hearing(
        Elsewhere(database, hand_overs, messages, wording, people),
        OutsideAgents(database, clock, "chatwoot"),
        telling,
        wording.say("utter_file_not_passed"),
    )
    relay = Relay(line.api, links, HereReader(database, keyring, cases), telling, hearing)
    rounds = Rounds(links, relay, hub, clock)
    return Chatwoot(line, rounds, Bell(line.connection.secret, links, clock, rounds.wake))

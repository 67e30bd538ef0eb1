"""Every verb on a conversation, in every state, for every role: what is allowed works, the rest is refused in words."""

from collections.abc import Mapping
from typing import Final, Literal

import pytest

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.conversations.sessions import Opened
from tests.web.desk.desk_house import DeskHouse

type Where = Literal["bot", "queue", "mine", "colleague"]

WHERE: Final[tuple[Where, ...]] = ("bot", "queue", "mine", "colleague")
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "claim": {},
    "release": {},
    "hand-back": {},
    "assign": {"to": ""},
    "snooze": {"for": "hour"},
    "reply": {"text": "Hello.", "as": "reply", "client_id": "reply-0001"},
    "note": {"text": "Called them.", "as": "note", "client_id": "note-00001"},
    "draft": {"text": "I have", "as": "reply"},
    "reveal": {"message": "{message}", "number": "0", "why": "to_answer"},
}
WORKING: Final = {Role.AGENT, Role.OFFICER}
# verb -> who may, and where it is possible for them.
ALLOWED: Final[Mapping[str, tuple[set[Role], set[Where]]]] = {
    "claim": (WORKING, {"queue", "mine"}),
    "release": (WORKING, {"mine"}),
    "hand-back": (WORKING, {"mine"}),
    "assign": ({Role.OFFICER, Role.ADMINISTRATOR}, {"queue", "mine", "colleague"}),
    "snooze": (WORKING, {"mine"}),
    "reply": (WORKING, {"mine"}),
    "note": (WORKING, set(WHERE)),
    "draft": (WORKING, set(WHERE)),
    "reveal": (WORKING, {"mine"}),
}


@pytest.mark.parametrize("verb", FIELDS)
async def test_verb(house: DeskHouse, verb: str) -> None:
    house.employs("Ben")
    for role in Role:
        who = house.employs(f"Anna-{role}", role)
        for where in WHERE:
            if where != "mine" or role in WORKING:  # who may hold no conversation has none
                await check(house, verb, who, where)


async def check(house: DeskHouse, verb: str, who: Agent, where: Where) -> None:
    role = who.role
    opened = await conversation(house, where, who)
    message = house.conversations.history(opened.conversation)[-1].id
    fields = {key: text.format(message=message) for key, text in FIELDS[verb].items()}
    before = house.said_since(opened)
    path = "reply" if verb == "note" else verb
    answer = await house.sits_down(who).post(f"/conversations/{opened.conversation}/{path}", fields)
    roles, places = ALLOWED[verb]
    if role not in roles:
        assert answer.status_code == 403
        assert "Your role does not include this." in answer.text
    elif where in places:
        assert answer.status_code in (204, 303), answer.text
    else:
        assert answer.status_code in (409, 422)
        told = (
            "took this conversation a moment before you",
            "You do not hold this conversation any more",
            "This is not possible as it stands now",
        )
        assert any(words in answer.text for words in told)
    if answer.status_code >= 400:
        assert house.said_since(opened) == before, "nothing was said"


def test_the_table_names_every_verb_of_the_door(house: DeskHouse) -> None:
    prefix = "/conversations/{conversation}/"
    paths = {getattr(route, "path", "") for route in house.door.app.routes}
    verbs = {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}
    assert verbs == FIELDS.keys() - {"note"}


async def conversation(house: DeskHouse, where: Where, who: Agent) -> Opened:
    opened = house.open()
    await house.say(opened, "Write to me at jane.private@example.org", "first-01")
    await house.settled(opened)
    if where != "bot":
        with house.database.write() as tx:
            house.hand_overs.ask(tx, opened.conversation, "asked")
    await house.say(opened, "It is jane.private@example.org", "second-1")
    await house.settled(opened)
    if where == "mine":
        house.people.claim(opened.conversation, who)
    if where == "colleague":
        [ben] = [one for one in house.desk.accounts.everybody() if one.name == "Ben"]
        house.people.claim(opened.conversation, ben)
    if where in ("mine", "colleague"):
        await house.say(opened, "Again: jane.private@example.org", "third-01")
    return opened

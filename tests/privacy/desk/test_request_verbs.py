"""Every verb in every state for every role: a table made from the states, the roles and one list of what is right; what it
allows works on a real request, and everything else is refused with a sentence and changes nothing.
"""

import re
from collections.abc import Callable
from itertools import product
from typing import Final

import pytest
import yaml

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.desk import errors, verbs
from privacy.desk.verbs import OF_REQUESTS, OF_TASKS, Facts, Verb
from privacy.errors import NotAllowed, Problem
from privacy.filing import Filed
from privacy.requests import CLOSED, TRANSITIONS, Event, State
from privacy.settings import ROOT
from privacy.store.tables.requests import request
from tests.privacy.desk.desk_world import DeskWorld

OPEN: Final = set(State) - CLOSED
AGENT, OFFICER = {Role.AGENT, Role.OFFICER}, {Role.OFFICER}
# Written down once more, and not read from the code: who may, and in which states.
RIGHT: Final[dict[Verb, tuple[set[Role], set[State]]]] = {
    Verb.REFUSE: (
        AGENT,
        {
            State.RECEIVED,
            State.CHECKING_IDENTITY,
            State.IN_PROGRESS,
            State.WAITING_FOR_CUSTOMER,
            State.SCHEDULED,
        },
    ),
    Verb.EXTEND: (AGENT, OPEN),
    Verb.APPROVE: (OFFICER, OPEN),
    Verb.SEND_BACK: (OFFICER, OPEN),
    Verb.WITHDRAW: (AGENT, OPEN),
    Verb.SETTLE: (OFFICER, {State.CHECKING_IDENTITY}),
    Verb.TRY_AGAIN: (AGENT, {State.RECEIVED, State.IN_PROGRESS, State.COMMITTED}),
    Verb.HOLD: (OFFICER, set(State)),
    Verb.LIFT: (OFFICER, set(State)),
    Verb.TAKE: (AGENT, OPEN),
    Verb.RELEASE: (AGENT, OPEN),
    Verb.SNOOZE: (AGENT, OPEN),
    Verb.FINISH: (AGENT, OPEN),
}
WORDS = yaml.safe_load((ROOT / "web" / "desk" / "wording" / "en.yml").read_text(encoding="utf-8"))
OWN_WORDS = yaml.safe_load(
    (ROOT / "web" / "desk" / "requests" / "wording" / "en.yml").read_text(encoding="utf-8")
)


class Tried:
    """One verb, brought to a request that is ready for it but for its state, and done by somebody."""

    def __init__(self, world: DeskWorld, verb: Verb, state: State, who: Agent) -> None:
        self.world, self.verb, self.who = world, verb, who
        dated = (Verb.EXTEND, Verb.APPROVE, Verb.SEND_BACK)
        kind = "delete" if verb in dated or state is State.COMMITTED else "access"
        self.filed = world.shared() if verb is Verb.SETTLE else world.file(kind)
        self.task = world.ask(self.filed) if verb in OF_TASKS else ""
        self.proposal = self.hold = ""
        if verb in (Verb.APPROVE, Verb.SEND_BACK, Verb.WITHDRAW):
            deciding, before = world.desk.deciding, f"before {self.filed.reference}"
            if verb is Verb.WITHDRAW:
                proposer = who if who.role in AGENT else world.agent
                deciding.refuse(self.filed.reference, "identity_unclear", proposer, before)
            else:
                deciding.extend(self.filed.reference, "complex", world.agent, before)
            with world.database.read() as tx:
                found = world.desk.deciding._proposals.open_one(tx, world.row(self.filed)["id"])
            assert found is not None
            self.proposal = found.id
        if verb is Verb.LIFT:
            self.hold = world.desk.helping.hold(
                self.filed.reference, "court", world.officer, self.filed.reference
            )
        if verb in (Verb.RELEASE, Verb.SNOOZE) and who.role in AGENT:
            world.desk.tasks.take(self.task, who)
        if verb is Verb.TRY_AGAIN:
            with world.database.write() as tx:
                claim = world.works.claim(tx, world.clock.now())
                if claim is not None:
                    later = world.clock.now().replace(hour=23)
                    world.works.put_back(tx, claim, later, world.clock.now())
        world.put(self.filed, state)

    def __call__(self) -> None:
        desk, reference, who = self.world.desk, self.filed.reference, self.who
        once = f"client {reference}"
        acts: dict[Verb, Callable[[], object]] = {
            Verb.REFUSE: lambda: desk.deciding.refuse(reference, "identity_unclear", who, once),
            Verb.EXTEND: lambda: desk.deciding.extend(reference, "complex", who, once),
            Verb.APPROVE: lambda: desk.deciding.approve(reference, self.proposal, who, once),
            Verb.SEND_BACK: lambda: desk.deciding.send_back(reference, self.proposal, who, "No."),
            Verb.WITHDRAW: lambda: desk.deciding.withdraw(reference, self.proposal, who),
            Verb.SETTLE: lambda: desk.identity.settle(reference, "shop:17", who, once),
            Verb.TRY_AGAIN: lambda: desk.helping.try_again(reference, who),
            Verb.HOLD: lambda: desk.helping.hold(reference, "court", who, once),
            Verb.LIFT: lambda: desk.helping.lift(self.hold, who),
            Verb.TAKE: lambda: desk.tasks.take(self.task, who),
            Verb.RELEASE: lambda: desk.tasks.release(self.task, who),
            Verb.SNOOZE: lambda: desk.tasks.snooze(
                self.task, self.world.clock.now().replace(hour=20), who
            ),
            Verb.FINISH: lambda: desk.tasks.finish(self.task, "done", [], who),
        }
        acts[self.verb]()


def sentence(problem: Problem) -> str:
    """What a person at the desk is told."""
    words = {**WORDS, **OWN_WORDS}
    return str(words.get(f"problem_{problem.code}", ""))


@pytest.mark.parametrize("verb", list(Verb))
def test_each_verb_works_where_it_is_right_and_nowhere_else(world: DeskWorld, verb: Verb) -> None:
    roles, states = RIGHT[verb]
    for number, (state, role) in enumerate(product(State, Role)):
        where = f"{verb} · {state} · {role}"
        who = world.hire("max", role)
        tried = Tried(_another(world, number), verb, state, who)
        with world.database.read() as tx:
            before = tx.execute(request.select()).all()
        if role in roles and state in states:
            tried()
            continue
        with pytest.raises(Problem) as refused:
            tried()
        assert isinstance(refused.value, NotAllowed) == (role not in roles), where
        assert sentence(refused.value).endswith("."), f"{where}: {refused.value.code}"
        with world.database.read() as tx:
            assert tx.execute(request.select()).all() == before, where


def _another(world: DeskWorld, number: int) -> DeskWorld:
    """The same world; what was open before is closed, so that the next one files a request of its own."""
    with world.database.write() as tx:
        tx.execute(
            request.update()
            .where(request.c.closed_at.is_(None))
            .values(state=State.CANCELLED.value, closed_at=world.clock.now())
        )
        tx.execute(request.update().values(turn=request.c.id))
    return world


def test_a_page_offers_what_works_and_nothing_else(world: DeskWorld) -> None:
    for verb, state, role in product(OF_REQUESTS, State, Role):
        roles, states = RIGHT[verb]
        ready = Facts(
            state=state,
            due_at=world.clock.now().replace(year=2027),
            now=world.clock.now(),
            waits_until=world.clock.now().replace(year=2027),
            proposed_by={"approve": "another", "send_back": "another", "withdraw": "max"}.get(verb),
        )
        offered = verbs.allowed(ready, role, "max")
        assert (verb in offered) == (role in roles and state in states), (verb, state, role)


def test_what_is_refused_is_what_the_state_machine_lets_be_declined() -> None:
    declinable = {state for state, event in TRANSITIONS if event is Event.DECLINED}
    assert verbs.STATES[Verb.REFUSE] == declinable


def test_every_problem_of_the_desk_has_a_calm_sentence() -> None:
    own = {
        one.code: one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, Problem) and one.__module__ == errors.__name__
    }
    assert len(own) >= 19
    for code in own:
        words = {**WORDS, **OWN_WORDS}.get(f"problem_{code}", "")
        assert words.endswith("."), code
        assert not re.search(r"!|please|sorry|invalid|DSAR|error", words, re.IGNORECASE), words


def test_whoever_may_not_decide_proposes(world: DeskWorld) -> None:
    facts = Facts(State.RECEIVED, world.clock.now(), world.clock.now())
    assert verbs.how(Verb.REFUSE, facts, Role.AGENT) == "propose"
    assert verbs.how(Verb.REFUSE, facts, Role.OFFICER) == "do"
    both = Facts(
        State.RECEIVED, world.clock.now(), world.clock.now(), four_eyes=frozenset({"refuse"})
    )
    assert verbs.how(Verb.REFUSE, both, Role.OFFICER) == "propose"
    assert verbs.how(Verb.EXTEND, both, Role.OFFICER) == "do"


__all__ = ["Filed"]

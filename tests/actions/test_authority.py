"""Slots, intents and entities carry no authority (S-32): whatever Rasa says, the database decides."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import delete, func, select

from actions.registry import STEPS
from privacy.contacts import Contact
from privacy.filing import Draft
from privacy.store.tables.challenges import budget
from privacy.store.tables.fulfilment import disclosure, package, work
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.wiring import Vera
from tests.actions.calls import FORMS, Answer, Call, run
from tests.driving.inside import JANE, newest_code

ROOT = Path(__file__).resolve().parents[2]
GATED = ("access", "correct", "export", "delete", "delete_now", "restrict", "status", "cancel")
HOPED = {
    "contact": "email_1",
    "code": "accepted",
    "field": "name",
    "row": "row_1",
    "new_value": "value_1",
    "parts": "value_1",
    "confirmed": True,
    "message": "value_1",
    "way_to_answer": "email_1",
    "chosen": "reference_1",
}
HOSTILE: tuple[Any, ...] = (
    HOPED,  # each slot as it would be after a good proof
    "accepted",
    "locked",
    True,
    1,
    "email_1",
    "reference_1",
    JANE,
    "shop:1",
    ["accepted"],
    {"$ne": None},
    "x" * 5_000,
)
SOME = HOSTILE[:3]
PRESSED: tuple[Mapping[str, str], ...] = (
    {},
    {"when": "now"},
    {"act": "delete_now"},
    {"act": "whole"},
    {"act": "part"},
    {"resume": "yes"},
)
DETAILS: Mapping[str, Mapping[str, str]] = {
    "correct": {"field": "name", "value": "Mallory", "row": "row_1"},
    "delete": {"confirmed": "yes", "when": "now", "plan": "{}"},
}
"""What a draft may hold that is ready to be filed: it is no proof either."""
TELLS = re.compile(
    r"utter_(filed|already_open|cancelled|deletion_plan|stands_|status$|export_estimate)"
)
OF_JANE = (JANE, "Jane", "Miller", "23125101", "Gartenstra", "1987", "AF-1001")


@pytest.fixture(scope="module")
def jane(vera: Vera) -> tuple[str, str]:
    """Jane has filed two requests, one of them a deletion that waits for its day; their references."""
    return file(vera, "access"), file(vera, "delete")


def file(vera: Vera, kind: str) -> str:
    """File a request as Jane."""
    conversation, act_key = prove(vera, kind, kind)
    proof = vera.verification.proven(conversation, kind, act_key)
    return vera.filing.file(Draft(kind, {}, conversation, "web", "en"), proof, "2").reference


def prove(vera: Vera, kind: str, operation: str, **details: str) -> tuple[str, str]:
    """A conversation in which Jane has begun `kind` and typed a code for `operation`, and its act key."""
    conversation = vera.conversations.open("web", "en").conversation
    key = vera.drafts.begin(conversation, kind)
    vera.drafts.put(conversation, **details)
    with vera.database.write() as tx:
        tx.execute(delete(budget))  # of which attackers have used up hers
    vera.verification.begin(conversation, operation, Contact("email", JANE), key, "1")
    assert vera.verification.check(conversation, newest_code(vera)).outcome == "accepted"
    return conversation, key


def state(vera: Vera) -> tuple[Any, ...]:
    """What an attacker wants to change or to cause."""
    with vera.database.read() as tx:
        return (
            tx.execute(select(request.c.reference, request.c.state, request.c.version)).all(),
            tx.execute(select(work.c.request, work.c.state, work.c.due_at)).all(),
            tx.execute(select(func.count()).select_from(disclosure)).scalar_one(),
            tx.execute(select(func.count()).select_from(package)).scalar_one(),
            tx.execute(
                select(func.count()).where(mail.c.kind.not_in(("code", "message_for_agent")))
            ).scalar_one(),
        )


def calls(
    conversation: str, kind: str, values: tuple[Any, ...] = HOSTILE
) -> Iterator[tuple[type[Any], Call]]:
    """Every action and form, with every value in every slot; a pressed button where an action hears one."""
    for turn, (step, value) in enumerate(product(STEPS, values)):
        name = step.called
        form = name.removeprefix("validate_") if name.startswith("validate_") else None
        slots = value if value is HOPED else dict.fromkeys(HOPED, value)
        heard = PRESSED if name in ("action_pick_up", "action_after_delete_form") else ({},)
        for pressed in heard:
            yield (
                step,
                Call(
                    name,
                    conversation,
                    turn=f"{kind} {turn} {sorted(pressed.items())}",
                    entities={
                        **{name: slots[name] for name in ("code", "chosen", "contact")},
                        "tries": "5",
                        **pressed,
                    },
                    slots={} if form else {**slots, "confirmed": True},
                    form=form,
                    requested=FORMS[form][0] if form else None,
                    fresh=dict.fromkeys(FORMS[form], value) if form else {},
                ),
            )


@pytest.mark.parametrize("kind", GATED)
async def test_without_a_proof_nothing_is_filed_shown_or_cancelled(
    vera: Vera, jane: tuple[str, str], kind: str
) -> None:
    """Every action, every form, every slot, in a conversation that proved nothing; for two kinds with every value."""
    attacker = vera.conversations.open("web", "en").conversation
    token = vera.acts.keep_reference(attacker, jane[1])
    assert token == "reference_1"
    with vera.database.write() as tx:
        # The attacker knows Jane's address, and its token is good.
        assert vera.turns._kept.keep(tx, attacker, "email", JANE) == "email_1"
        assert vera.turns._kept.keep(tx, attacker, "value", "Mallory") == "value_1"
    before = state(vera)
    for step, call in calls(attacker, kind, HOSTILE if kind in ("access", "delete") else SOME):
        put_back(vera, attacker, kind)
        answer = await run(step(vera), call)
        assert_tells_nothing(answer, call)
        assert not set(jane) & set(re.findall(r"PR-\w{4}-\w{4}", str(answer))), call.action
    assert state(vera) == before


@pytest.mark.parametrize("kind", ["access", "correct", "export", "delete", "delete_now"])
async def test_a_code_for_looking_up_does_nothing_that_needs_one_of_its_own(
    vera: Vera, jane: tuple[str, str], kind: str
) -> None:
    """Jane herself, with the proof that shows how far her requests are (level 1)."""
    conversation, _ = prove(vera, "status", "status")
    before = state(vera)
    for step, call in calls(conversation, kind, (HOPED,)):
        if step.called in ("action_after_cancel_form",):
            continue  # level 1 is enough to take a request back
        put_back(vera, conversation, kind)
        answer = await run(step(vera), call)
        assert not re.search(r"utter_(filed|already_open|stands_|export_est)", str(answer.names))
    assert state(vera) == before


async def test_a_plan_that_was_shown_is_not_yet_a_deletion(
    vera: Vera, jane: tuple[str, str]
) -> None:
    """The code before the plan is none for the deletion, even where the draft says that all was confirmed."""
    conversation, _ = prove(vera, "delete", "plan", **DETAILS["delete"])
    before = state(vera)
    answer = await run(step("action_carry_out")(vera), Call("action_carry_out", conversation))
    assert not any(TELLS.match(name) for name in answer.names)
    assert state(vera) == before


async def test_a_new_address_is_not_filed_before_it_has_proven_itself(
    vera: Vera, jane: tuple[str, str]
) -> None:
    """The proof of the contact on file is there, and Rasa says that the other code was right."""
    conversation, _ = prove(
        vera, "correct", "correct", field="email", value="jane.elsewhere@example.com"
    )
    before = state(vera)
    for name in ("validate_new_contact_form", "action_after_new_contact_form", "action_carry_out"):
        form = "new_contact_form" if name.startswith("validate_") else None
        answer = await run(
            step(name)(vera),
            Call(
                name,
                conversation,
                entities={"code": "accepted"},
                slots={} if form else HOPED,
                form=form,
                requested="code" if form else None,
                fresh={"code": "accepted"} if form else {},
            ),
        )
        assert not any(TELLS.match(said) for said in answer.names), name
    assert state(vera) == before


def test_no_slot_is_named_like_a_power() -> None:
    """What looks like proof would be believed one day."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    powers = re.compile(
        r"verif|proven|proof|auth|customer|subject|user|role|admin|attempt|tries|token|session|level|account"
    )
    assert [name for name in domain["slots"] if powers.search(name)] == []


def test_slots_do_not_steer_the_dialogue() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert all(slot["influence_conversation"] is False for slot in domain["slots"].values())
    assert domain["session_config"]["carry_over_slots_to_new_session"] is False


def step(name: str) -> type[Any]:
    return next(one for one in STEPS if one.called == name)


def put_back(vera: Vera, conversation: str, kind: str) -> None:
    """The draft as it would be right before it is filed, whatever the call before made of it."""
    wanted, there = DETAILS.get(kind, {}), vera.drafts.get(conversation)
    if there is None or (there.kind, there.details) != (kind, wanted):
        vera.drafts.begin(conversation, kind)
        vera.drafts.put(conversation, **wanted)


def assert_tells_nothing(answer: Answer, call: Call) -> None:
    """Nothing of the answer is Jane's: no wording that shows or files something, no value."""
    assert not any(TELLS.match(name) for name in answer.names), (call.action, answer.names)
    sent = f"{call.slots} {call.fresh} {call.entities}"  # what the attacker knows already
    for own in OF_JANE:
        assert own in sent or own not in str(answer.said), (call.action, own)

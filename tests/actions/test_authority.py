"""Slots, intents and entities carry no authority (S-32): whatever Rasa says, the database decides."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from actions.registry import STEPS
from privacy.contacts import Contact
from privacy.filing import Draft
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.wiring import Vera
from tests.actions.calls import FORMS, Call, run
from tests.driving.inside import JANE, newest_code

ROOT = Path(__file__).resolve().parents[2]
GATED = ("access", "correct", "export", "delete", "restrict", "status", "cancel")
HOPED = {
    "contact": "email_1",
    "code": "accepted",
    "field": "name",
    "new_value": "value_1",
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


@pytest.fixture(scope="module")
def jane(vera: Vera) -> str:
    """Jane has proven who she is in a conversation of hers and filed a request; its reference."""
    opened = vera.conversations.open("web", "en")
    key = vera.drafts.begin(opened.conversation, "access")
    vera.verification.begin(opened.conversation, "access", Contact("email", JANE), key, "1")
    assert vera.verification.check(opened.conversation, newest_code(vera)).outcome == "accepted"
    proof = vera.verification.proven(opened.conversation, "access", key)
    filed = vera.filing.file(Draft("access", {}, opened.conversation, "web", "en"), proof, "2")
    return filed.reference


def state(vera: Vera) -> tuple[Any, ...]:
    """What an attacker wants to change or to cause."""
    with vera.database.read() as tx:
        return (
            tx.execute(select(request.c.reference, request.c.state, request.c.version)).all(),
            tx.execute(
                select(func.count()).where(mail.c.kind.not_in(("code", "message_for_agent")))
            ).scalar_one(),
        )


@pytest.mark.parametrize("kind", GATED)
async def test_without_a_proof_nothing_is_filed_shown_or_cancelled(
    vera: Vera, jane: str, kind: str
) -> None:
    """Every action, every form, every slot, with every value, in a conversation that proved nothing."""
    attacker = vera.conversations.open("web", "en").conversation
    token = vera.acts.keep_reference(attacker, jane)
    assert token == "reference_1"
    with vera.database.write() as tx:
        # The attacker knows Jane's address, and its token is good.
        assert vera.turns._kept.keep(tx, attacker, "email", JANE) == "email_1"
        assert vera.turns._kept.keep(tx, attacker, "value", "Mallory") == "value_1"
    before = state(vera)
    for turns, (step, value) in enumerate(product(STEPS, HOSTILE)):
        vera.drafts.begin(attacker, kind)
        if kind == "correct":
            vera.drafts.put(attacker, field="name", value="Mallory")
        name = step.called
        form = name.removeprefix("validate_") if name.startswith("validate_") else None
        slots = value if value is HOPED else dict.fromkeys(HOPED, value)
        answer = await run(
            step(vera),
            Call(
                name,
                attacker,
                turn=f"{kind} {turns}",
                entities={
                    **{name: slots[name] for name in ("code", "chosen", "contact")},
                    "tries": "5",
                },
                slots={} if form else {**slots, "confirmed": True},
                form=form,
                requested=FORMS[form][0] if form else None,
                fresh=dict.fromkeys(FORMS[form], value) if form else {},
            ),
        )
        assert jane not in str(answer), (name, value)
        assert "utter_status" not in answer.names
        assert not any(said.startswith("utter_filed") for said in answer.names), (name, value)
        assert "utter_cancelled" not in answer.names
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

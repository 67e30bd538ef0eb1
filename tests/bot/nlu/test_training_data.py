"""The examples themselves: enough of them, none of them in two places."""

import re

import pytest

from tests.bot.nlu.conftest import ROOT, HeldOut

JOURNEYS = {
    "access": {"access", "why_data"},
    "correct": {"correct"},
    "export": {"export"},
    "delete": {"delete"},
    "object": {"restrict", "object", "withdraw_consent"},
    "status": {"status", "cancel_request"},
    "verify": {"resend_code", "lost_contact", "inform"},
    "handoff": {"human", "complaint", "distress"},
    "everyday": {
        "greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "help", "how_it_works", "someone_else",
        "out_of_scope", "abuse",
    },
}  # fmt: skip
LEAST = {
    "access": 120,
    "correct": 120,
    "export": 120,
    "delete": 120,
    "out_of_scope": 80,
    "inform": 15,
}


def same(text: str) -> str:
    """Case, punctuation and spaces aside; symbols stay what they are."""
    return re.sub(r"[\s.,;:!?¿¡'\"()-]+", " ", text.casefold()).strip()


def test_every_intent_is_there_and_has_enough_examples(examples: dict[str, list[str]]) -> None:
    assert set(examples) == set().union(*JOURNEYS.values())
    short = {
        name: len(texts) for name, texts in examples.items() if len(texts) < LEAST.get(name, 65)
    }
    assert not short


@pytest.mark.parametrize("journey", sorted(JOURNEYS))
def test_an_intent_lives_in_its_journeys_folder(journey: str) -> None:
    text = (ROOT / "data" / journey / "nlu.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"^- intent: (\w+)$", text, re.MULTILINE)) == JOURNEYS[journey]


def test_no_example_appears_twice(examples: dict[str, list[str]]) -> None:
    seen: dict[str, str] = {}
    twice = []
    for intent, texts in examples.items():
        for text in texts:
            if same(text) in seen:
                twice.append((text, seen[same(text)], intent))
            seen[same(text)] = intent
    assert not twice


def test_nothing_held_out_is_trained_on(
    examples: dict[str, list[str]], held_out: list[HeldOut]
) -> None:
    trained = {same(text) for texts in examples.values() for text in texts}
    assert not [one.text for one in held_out if same(one.text) in trained]


def test_placeholders_stand_where_a_person_would_give_an_address(
    examples: dict[str, list[str]],
) -> None:
    """What the customer types is replaced before Rasa sees it: a real address in an example would teach nothing."""
    texts = [text for of_intent in examples.values() for text in of_intent]
    assert not [text for text in texts if "@" in text or re.search(r"\+?\d[\d /-]{7,}\d", text)]

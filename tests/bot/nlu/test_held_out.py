"""How well the whole training data and settings do on sentences written before any model was trained.

The floors lie about four standard errors under what was measured when the settings were chosen (all 93 %, other languages
95 %, letters 92 %): chance will not break them, a spoilt intent or a broken encoder will.
"""

import pytest

from bot.nlu.encoder import encode
from bot.nlu.intent_classifier import SentenceIntentClassifier
from tests.bot.nlu.conftest import HeldOut

Answer = tuple[HeldOut, str, float]
THE_FOUR = ("access", "correct", "export", "delete")


@pytest.fixture(scope="module")
def answers(classifier: SentenceIntentClassifier, held_out: list[HeldOut]) -> list[Answer]:
    model = classifier._model
    assert model is not None
    probabilities = model.probabilities(encode([one.text for one in held_out]))
    return [
        (one, model.labels[int(row.argmax())], float(row.max()))
        for one, row in zip(held_out, probabilities, strict=True)
    ]


def accuracy(answers: list[Answer]) -> float:
    return sum(one.label == said for one, said, _ in answers) / len(answers)


def test_all(answers: list[Answer]) -> None:
    assert accuracy(answers) >= 0.88


def test_other_languages(answers: list[Answer]) -> None:
    assert accuracy([a for a in answers if a[0].lang != "en"]) >= 0.86


def test_letters(answers: list[Answer]) -> None:
    assert accuracy([a for a in answers if a[0].letter]) >= 0.75


def test_the_four_rights_are_found(answers: list[Answer]) -> None:
    assert accuracy([a for a in answers if a[0].label in THE_FOUR]) >= 0.90


def test_no_intent_is_lost(answers: list[Answer]) -> None:
    by_label: dict[str, list[Answer]] = {}
    for answer in answers:
        by_label.setdefault(answer[0].label, []).append(answer)
    assert not {
        label: accuracy(found) for label, found in by_label.items() if accuracy(found) < 0.4
    }


def test_a_wish_to_keep_things_is_never_surely_taken_for_delete(answers: list[Answer]) -> None:
    """The costliest mistake. Deletion is confirmed with a code as well, but it should not come to that."""
    harmless = {"restrict", "object", "withdraw_consent", "cancel_request", "deny", "out_of_scope"}
    wrong = [
        one.text
        for one, said, sure in answers
        if one.label in harmless and said == "delete" and sure > 0.9
    ]
    assert len(wrong) <= 1, wrong


def test_confidence_means_what_it_says(
    answers: list[Answer], pipeline_config: dict[str, dict[str, float]]
) -> None:
    threshold = pipeline_config["FallbackClassifier"]["threshold"]
    sure = [a for a in answers if a[2] >= 0.9]
    unsure = [a for a in answers if a[2] < threshold]
    assert accuracy(sure) >= 0.94
    assert len(unsure) <= 0.08 * len(answers), "too many are asked again"

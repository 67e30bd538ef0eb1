"""Placeholders and the parts of a record, as they are found in a message."""

import time
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.facts import FactExtractor


@pytest.fixture(scope="module")
def extractor(
    training_data: TrainingData, context: ExecutionContext, tmp_path_factory: pytest.TempPathFactory
) -> FactExtractor:
    """Trained, stored and loaded again."""
    storage, resource = LocalModelStorage(tmp_path_factory.mktemp("facts")), Resource("facts")
    FactExtractor.create(FactExtractor.get_default_config(), storage, resource, context).train(
        training_data
    )
    return FactExtractor.load(FactExtractor.get_default_config(), storage, resource, context)


def found(extractor: FactExtractor, text: str) -> list[tuple[str, str]]:
    message = Message.build(text)
    extractor.process([message])
    entities: list[dict[str, Any]] = message.get("entities")
    for entity in entities:
        assert entity["extractor"] == "FactExtractor"
        assert 0 <= entity["start"] < entity["end"] <= len(text)
    return [(entity["entity"], entity["value"]) for entity in entities]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("delete all of it", []),
        ("it is reference_3", [("reference", "reference_3")]),
        ("email_1 and phone_2", [("contact", "email_1"), ("contact", "phone_2")]),
        ("my_email_1 or email_12345 or EMAIL_1", []),
        ("change my email", [("field", "email")]),
        ("change my e-mail address", [("field", "email")]),
        ("CHANGE MY ADDRESS", [("field", "address")]),
        ("I moved and you still have my old street", [("field", "address")]),
        ("my new number is phone_1", [("contact", "phone_1"), ("field", "phone")]),
        ("use email_2", [("contact", "email_2"), ("field", "email")]),
        ("my new address is email_1", [("contact", "email_1"), ("field", "email")]),
        ("my name is Tom", []),
        ("my name is wrong", [("field", "name")]),
        ("my name is misspelled", [("field", "name")]),
        ("please answer by email, my surname is off", [("field", "name")]),
        ("in your email my date of birth is wrong", [("field", "birth_date")]),
        ("name and birthday are wrong", [("field", "name"), ("field", "birth_date")]),
        ("meine Handynummer hat sich geändert", [("field", "phone")]),
        ("Straße und Hausnummer stimmen nicht", [("field", "address")]),
        ("ma date de naissance est fausse", [("field", "birth_date")]),
        ("quiero cambiar mi correo electrónico", [("field", "email")]),
        ("il mio cognome è sbagliato", [("field", "name")]),
        ("mijn telefoonnummer klopt niet", [("field", "phone")]),
        ("data urodzenia jest błędna", [("field", "birth_date")]),
        ("ſtraſſe", []),
        ("", []),
    ],
)
def test_facts(extractor: FactExtractor, text: str, facts: list[tuple[str, str]]) -> None:
    assert found(extractor, text) == facts


def test_work_is_capped(extractor: FactExtractor) -> None:
    started = time.process_time()
    assert len(found(extractor, "email_1 email " * 5000)) < 1000
    assert time.process_time() - started < 2


def test_every_part_has_words_in_all_languages(training_data: TrainingData) -> None:
    parts = set(training_data.entity_synonyms.values())
    assert parts == set(FactExtractor.get_default_config()["fields"])
    for word in ("surname", "Nachname", "prénom", "apellido", "cognome", "achternaam", "nazwisko"):
        assert training_data.entity_synonyms[word.lower()] == "name"

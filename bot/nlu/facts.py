"""Facts named in a message: placeholders of contacts and references, and which part of the record is meant.

The service has put email_N, phone_N and reference_N in the place of what the customer typed, so nothing here sees personal data.
The words for the parts of a record ("surname", "Handynummer", …) are the synonyms in data/correct/nlu.yml; their value is the
part's id. A dialogue should take `field` only where a part is being talked about: with the intent `correct`, or when asked for.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Pattern

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

WORDS_FILE = "field_words.json"
# Ten thousand characters of "email " would otherwise become ten thousand entities.
LONGEST_READ = 4000

PLACEHOLDER = re.compile(
    r"(?<!\w)(?:(?P<contact>(?:email|phone)_\d{1,4})|(?P<reference>reference_\d{1,4}))(?!\w)"
)
# "by e-mail", "an email from you": a letter or a way to write, not the address in the record.
A_WAY_TO_WRITE = re.compile(
    r"(?:\b(?:by|via|per|par|por|przez|an|any|your|this|that|last|eine|un|una|une|een)\s+|\bin\s+(?:an?|your)\s+)$",
    re.IGNORECASE,
)
# "my name is Tom" introduces somebody; "my name is wrong" wants a correction.
AN_INTRODUCTION = re.compile(
    r"^\s+is\s+(?!(?:(?:still|now|being|always|also|again)\s+)?(?:wrong|mis|not|in\s*correct|written|spel|false|missing|out|off|old|no |cut|different))",
    re.IGNORECASE,
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FactExtractor(GraphComponent, EntityExtractorMixin):
    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            "fields": ["name", "email", "phone", "address", "birth_date"]
        }  # the parts a customer may have corrected

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        words: Optional[Dict[str, str]] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._words: Dict[str, str] = words or {}
        self._pattern: Optional[Pattern[str]] = _any_of(self._words)

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FactExtractor:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        self._words = {
            word.lower(): field
            for word, field in training_data.entity_synonyms.items()
            if field in self._config["fields"]
        }
        self._pattern = _any_of(self._words)
        with self._model_storage.write_to(self._resource) as folder:
            (Path(folder) / WORDS_FILE).write_text(
                json.dumps(self._words, ensure_ascii=False), encoding="utf-8"
            )
        return self._resource

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FactExtractor:  # fmt: skip
        with model_storage.read_from(resource) as folder:
            words = json.loads((Path(folder) / WORDS_FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, words)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = (message.get(TEXT) or "")[:LONGEST_READ]
            found = self.add_extractor_name(_placeholders(text) + self._fields(text))
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def _fields(self, text: str) -> List[Dict[str, Any]]:
        """Each part named, once, in the order named; without any named, the kind of contact that stands there."""
        kinds = {
            match["contact"].split("_")[0]
            for match in PLACEHOLDER.finditer(text)
            if match["contact"]
        }
        found: Dict[str, Dict[str, Any]] = {}
        for match in self._pattern.finditer(text) if self._pattern else ():
            field = self._words.get(match[0].lower())
            if field is None:  # matched by an exotic letter only (a long s, a Kelvin sign)
                continue
            if field == "email" and A_WAY_TO_WRITE.search(text[: match.start()]):
                continue
            if field == "name" and AN_INTRODUCTION.search(text[match.end() :]):
                continue
            if field == "address" and kinds == {"email"}:
                field = "email"  # "my new address is email_1"
            found.setdefault(field, _entity("field", field, match.start(), match.end()))
        if not found and len(kinds) == 1:
            first = next(match for match in PLACEHOLDER.finditer(text) if match["contact"])
            return [_entity("field", kinds.pop(), first.start(), first.end())]
        return list(found.values())


def _placeholders(text: str) -> List[Dict[str, Any]]:
    return [
        _entity(str(match.lastgroup), match[0], match.start(), match.end())
        for match in PLACEHOLDER.finditer(text)
    ]


def _entity(kind: str, value: str, start: int, end: int) -> Dict[str, Any]:
    return {
        ENTITY_ATTRIBUTE_TYPE: kind,
        ENTITY_ATTRIBUTE_VALUE: value,
        ENTITY_ATTRIBUTE_START: start,
        ENTITY_ATTRIBUTE_END: end,
    }


def _any_of(words: Dict[str, str]) -> Optional[Pattern[str]]:
    """Longest first, so that "e-mail address" is not read as an address."""
    if not words:
        return None
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(
        r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE
    )

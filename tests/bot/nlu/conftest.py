"""The training data as it stands, and the intent classifier trained on it, once for all tests here."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.intent_classifier import SentenceIntentClassifier

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
# Vectors of examples that `make setup` has left; without them the examples are encoded here, which takes about a minute.
VECTORS = Path(os.environ.pop("VERA_VECTOR_CACHE", ROOT / "models" / "vectors.npz"))


class HeldOut(NamedTuple):
    text: str
    label: str
    lang: str
    letter: bool


@pytest.fixture(scope="session")
def training_data() -> TrainingData:
    files = sorted((ROOT / "data").glob("*/nlu.yml"))
    return TrainingData().merge(*(load_data(str(file)) for file in files))


@pytest.fixture(scope="session")
def examples(training_data: TrainingData) -> dict[str, list[str]]:
    by_intent: dict[str, list[str]] = {}
    for example in training_data.intent_examples:
        by_intent.setdefault(example.get("intent"), []).append(example.get("text"))
    return by_intent


@pytest.fixture(scope="session")
def held_out() -> list[HeldOut]:
    short = yaml.safe_load((HERE / "held_out.yml").read_text(encoding="utf-8"))
    letters = yaml.safe_load((HERE / "held_out_letters.yml").read_text(encoding="utf-8"))
    return [
        HeldOut(text, label, lang, letter=False)
        for label, by_language in short.items()
        for lang, texts in by_language.items()
        for text in texts
    ] + [HeldOut(one["text"], one["label"], one["lang"], letter=True) for one in letters]


@pytest.fixture(scope="session")
def pipeline_config() -> dict[str, dict[str, object]]:
    """The settings of config.yml by the component's name."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return {step["name"].rsplit(".", 1)[-1]: step for step in config["pipeline"]}


@pytest.fixture(scope="session")
def context() -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), "test")


@pytest.fixture(scope="session")
def classifier(
    training_data: TrainingData,
    pipeline_config: dict[str, dict[str, object]],
    context: ExecutionContext,
    tmp_path_factory: pytest.TempPathFactory,
) -> SentenceIntentClassifier:
    """Trained on all of data/, with the settings of config.yml."""
    settings = {
        **SentenceIntentClassifier.get_default_config(),
        **pipeline_config["SentenceIntentClassifier"],
    }
    storage = LocalModelStorage(tmp_path_factory.mktemp("classifier"))
    made = SentenceIntentClassifier.create(settings, storage, Resource("intents"), context)
    with pytest.MonkeyPatch.context() as patch:
        if VECTORS.exists():
            # A copy: a training writes back what it used, and no test may thin out what the setup keeps.
            copy = shutil.copyfile(VECTORS, tmp_path_factory.mktemp("vectors") / "vectors.npz")
            patch.setenv("VERA_VECTOR_CACHE", str(copy))
        made.train(training_data)
    return made

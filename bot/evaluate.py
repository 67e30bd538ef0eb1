"""Measure what Vera understands: run sentences through the trained NLU pipeline, and score the answers.

    python -m bot.evaluate --model models/ FILE.jsonl OUT.jsonl [--score]

FILE.jsonl holds one {"text", "lang"} per line, with "label" and "alt_labels" where it is to be scored. OUT.jsonl gets one
{"text", "intent", "confidence", "entities"} per line, in the same order; the intent is the one after the fallback classifier.
The whole file runs through one loaded model, as a conversation would. Personal data must already be placeholders.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
LEADING_SLASHES = re.compile(r"^[\s/]+")


def plain(text: str) -> str:
    """Customers type text, never commands: Rasa would read a leading slash as an intent given by name."""
    return LEADING_SLASHES.sub("", text)


def load(model: str) -> Any:
    """The newest model at the path, loaded once. Rasa is imported late: scoring alone does not need it."""
    from rasa.core.agent import Agent
    from rasa.model import get_latest_model
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # left alone, it prints every sentence at debug level

    newest = model if Path(model).is_file() else get_latest_model(model)
    if not newest:
        raise SystemExit(f"no trained model in {model}")
    return Agent.load(newest)


def parse_texts(agent_or_processor: Any, texts: Iterable[str]) -> List[Dict[str, Any]]:
    """What the pipeline makes of each text, in order: {"text", "intent", "confidence", "entities"}."""
    from rasa.core.channels.channel import UserMessage

    processor = getattr(agent_or_processor, "processor", agent_or_processor)

    async def parse_all() -> List[Dict[str, Any]]:
        results = []
        for text in texts:
            parsed = await processor.parse_message(UserMessage(plain(text)))
            intent = parsed.get("intent") or {}
            entities = [
                {key: entity[key] for key in ("entity", "value", "start", "end") if key in entity}
                for entity in parsed.get("entities") or []
            ]
            results.append(
                {
                    "text": text,
                    "intent": intent.get("name") or FALLBACK,
                    "confidence": float(intent.get("confidence") or 0.0),
                    "entities": entities,
                }
            )
        return results

    return asyncio.run(parse_all())


def seen_as(label: str, intent: str) -> str:
    """Not understood is as good an answer as out of scope when the sentence is out of scope."""
    return OUT_OF_SCOPE if label == OUT_OF_SCOPE and intent == FALLBACK else intent


def score(rows: Sequence[Dict[str, Any]], results: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """Accuracy, macro F1 and counts per label. Every row needs a "label"."""
    pairs = [
        (row["label"], seen_as(row["label"], result["intent"]))
        for row, result in zip(rows, results, strict=True)
    ]
    labels = sorted({label for label, _ in pairs})
    told, said, hit = (
        Counter(p[0] for p in pairs),
        Counter(p[1] for p in pairs),
        Counter(a for a, b in pairs if a == b),
    )
    table = {}
    for label in labels:
        recall = hit[label] / told[label]
        precision = hit[label] / said[label] if said[label] else 0.0
        f1 = 2 * precision * recall / (precision + recall) if hit[label] else 0.0
        table[label] = {"count": told[label], "recall": recall, "precision": precision, "f1": f1}
    lenient = sum(
        got in {row["label"], *row.get("alt_labels", ())}
        for row, (_, got) in zip(rows, pairs, strict=True)
    )
    return {
        "count": len(pairs),
        "accuracy": sum(hit.values()) / len(pairs),
        "accuracy_with_alternatives": lenient / len(pairs),
        "macro_f1": sum(line["f1"] for line in table.values()) / len(table),
        "asked_again": sum(result["intent"] == FALLBACK for result in results) / len(results),
        "labels": table,
        "confusions": Counter((a, b) for a, b in pairs if a != b).most_common(25),
    }


def report(rows: Sequence[Dict[str, Any]], results: Sequence[Dict[str, Any]]) -> str:
    """The score as text: all, then each language, then each label, then what was taken for what. No sentence is printed."""
    groups: Dict[str, List[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        groups["all"].append(index)
        groups[row.get("lang", "?")].append(index)
    lines = ["group   n    acc   acc+alt  macroF1  asked again"]
    for group, members in groups.items():
        part = score([rows[i] for i in members], [results[i] for i in members])
        lines.append(
            f"{group:5} {part['count']:4}   {part['accuracy']:.3f}  {part['accuracy_with_alternatives']:.3f}"
            f"    {part['macro_f1']:.3f}    {part['asked_again']:.3f}"
        )
    whole = score(rows, results)
    lines.append("\nlabel              n   recall  precision")
    for label, line in whole["labels"].items():
        lines.append(
            f"{label:17} {line['count']:3}   {line['recall']:.2f}    {line['precision']:.2f}"
        )
    lines.append("\ntaken for (label -> intent: times)")
    lines += [f"{told} -> {said}: {times}" for (told, said), times in whole["confusions"]]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    from bot.without_tensorflow import leave_tensorflow_out

    leave_tensorflow_out()
    parser = argparse.ArgumentParser(description="Run sentences through the trained NLU pipeline.")
    parser.add_argument(
        "--model", default="models/", help="a model file, or the folder whose newest one is taken"
    )
    parser.add_argument(
        "--score", action="store_true", help="print accuracy and tables; lines need a label"
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    rows = [
        json.loads(line)
        for line in options.file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    results = parse_texts(load(options.model), [row["text"] for row in rows])
    options.out.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in results), encoding="utf-8"
    )
    if options.score:
        print(report(rows, results))


if __name__ == "__main__":
    main(sys.argv[1:])

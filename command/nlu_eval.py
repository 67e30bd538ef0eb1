"""`make nlu-eval`: how Vera reads a file of sentences, on the way that customers' messages go.

Contacts and references are taken out first, as the service does before Rasa hears anything; then one loaded
model reads the rest in Rasa's own environment. One line {"text", "intent", "confidence", "entities"} comes
out per line that went in, in order, with entities placed in the text as it was written.
"""

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from command.failure import CannotStart
from privacy.conversations.placeholders import find_pieces, redact
from privacy.settings import ROOT

BOT_PYTHON = ROOT / "bot" / ".venv" / "bin" / "python"


def evaluate(source: Path, target: Path, *, score: bool) -> None:
    """Read `source`, write `target`; with `score`, print how well labels were met.

    Raises CannotStart with a sentence for a file that cannot be read.
    """
    rows = _read(source)
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
        with asked.open("w", encoding="utf-8") as file:
            for row in rows:
                redacted = redact(row["text"], _counting())
                file.write(json.dumps({**row, "text": redacted.text}, ensure_ascii=False) + "\n")
        command = [str(BOT_PYTHON), "-W", "ignore", "-m", "bot.evaluate", "--model", "models/"]
        finished = subprocess.run(
            [*command, *(["--score"] if score else []), str(asked), str(answered)],
            cwd=ROOT,
            check=False,
            # The encoder's threads must not spin while they wait for each other.
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        )
        if finished.returncode:
            raise CannotStart(
                "Rasa could not read the file: is the model trained? Run `make train`."
            )
        read = [json.loads(line) for line in answered.read_text(encoding="utf-8").splitlines()]
    with target.open("w", encoding="utf-8") as file:
        for row, one in zip(rows, read, strict=True):
            file.write(json.dumps(_placed(row["text"], one), ensure_ascii=False) + "\n")


def _placed(text: str, read: dict[str, Any]) -> dict[str, Any]:
    """One answer in terms of the text as it was written."""
    pieces = find_pieces(text)
    entities: list[dict[str, Any]] = [
        {
            "entity": piece.kind,
            "value": piece.value or text[piece.start : piece.end],
            "start": piece.start,
            "end": piece.end,
        }
        for piece in pieces
    ]
    entities += [
        {**entity, "start": None, "end": None} if pieces else entity
        for entity in read["entities"]
        if entity["entity"] not in ("contact", "reference")
    ]
    redacted = redact(text, _counting())
    bare = redacted.only_token is not None or redacted.only_code
    return {
        "text": text,
        # A bare contact, reference or code never asks Rasa (privacy.conversations.turns).
        "intent": "inform" if bare else read["intent"],
        "confidence": 1.0 if bare else read["confidence"],
        "entities": entities,
    }


def _counting() -> Callable[[str, str], str]:
    """Tokens as a fresh conversation would give them."""
    given: dict[tuple[str, str], str] = {}
    counts: Counter[str] = Counter()

    def token(kind: str, value: str) -> str:
        if (kind, value) not in given:
            counts[kind] += 1
            given[kind, value] = f"{kind}_{counts[kind]}"
        return given[kind, value]

    return token


def _read(source: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except OSError:
        raise CannotStart(f"{source} cannot be read: name a file with FILE=in.jsonl.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append({**row, "text": str(row["text"])})
        except (ValueError, KeyError, TypeError):
            raise CannotStart(
                f'{source}, line {number}: write one {{"text": …, "lang": …}} per line.'
            ) from None
    return rows

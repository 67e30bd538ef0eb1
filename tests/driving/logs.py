"""How this process logs, put back as it was: commands and tests set up logs of their own, to streams that end."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def kept_logs() -> Iterator[None]:
    """Whatever the block does to the logs ends with it."""
    root, before = logging.getLogger(), structlog.get_config()
    level, handlers = root.level, [*root.handlers]
    try:
        yield
    finally:
        structlog.configure(**before)
        root.setLevel(level)
        root.handlers[:] = handlers

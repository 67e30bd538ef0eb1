"""Logs that cannot tell a secret: structured lines in which only allow-listed keys survive.

A value that is not on the list is replaced by its type; free text and exception messages never pass, since
either may quote a person. An exception is logged as its class and the places it went through.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "conversation", "message", "request", "kind", "state", "outcome",
        "channel", "purpose", "operation", "intent", "confidence", "turn", "attempt", "attempts", "tries_left",
        "seconds", "milliseconds", "count", "size", "port", "process", "pid", "code", "status", "method", "route",
        "error", "where", "system", "name", "version", "retry_in", "reply_code", "due", "reason", "language",
    }
)  # fmt: skip
_SIMPLE = (str, int, float, bool, type(None))
_MAX_TEXT = 200
_LEVELS = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO)


def _keep_allowed(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in event.items():
        if key == "exc_info":
            kept.update(_describe_exception(value))
        elif key in ALLOWED and isinstance(value, _SIMPLE):
            kept[key] = (
                value[:_MAX_TEXT].replace("\n", " ").replace("\r", " ")
                if isinstance(value, str)
                else value
            )
        elif key not in ("stack_info",):
            kept.setdefault("dropped", []).append(key)
    return kept


def _describe_exception(exc_info: Any) -> dict[str, Any]:
    error = (
        sys.exc_info()[1]
        if exc_info is True
        else (exc_info[1] if isinstance(exc_info, tuple) else exc_info)
    )
    if not isinstance(error, BaseException):
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " > ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in frames
    )
    return {"error": type(error).__name__, "where": where}


class _ForeignHandler(logging.Handler):
    """Lines of other libraries: name, level and place only; their texts may quote a customer."""

    def emit(self, record: logging.LogRecord) -> None:
        where = f"{record.module}:{record.lineno}"
        fields: dict[str, Any] = {"logger": record.name, "where": where}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        structlog.get_logger().log(_level(record.levelno), "library", **fields)


def _level(number: int) -> int:
    """The level that a line counts as; libraries have levels of their own in between."""
    return next((one for one in _LEVELS if number >= one), logging.DEBUG)


def configure_logging(level: str = "info", stream: Any = None) -> None:
    """Send every log line of this process to `stream` (standard error) as one JSON object per line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_ForeignHandler()]
    root.setLevel(max(number, logging.INFO))

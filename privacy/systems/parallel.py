"""Several systems asked at once, each in a thread of its own; one that is away keeps no other from answering."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from privacy.errors import SystemDown
from privacy.systems.port import SystemRefused

_AT_ONCE: Final = 16


def ask_all[T](
    systems: Mapping[str, Callable[[], T]], at_once: int = _AT_ONCE
) -> dict[str, T | SystemDown | SystemRefused]:
    """What each system answered, or why it did not, in the order given.

    Any other error is raised, once all have answered.
    """
    if len(systems) < 2:
        return {name: _answer(ask) for name, ask in systems.items()}
    with ThreadPoolExecutor(min(at_once, len(systems)), "system") as threads:
        asked = {name: threads.submit(_answer, ask) for name, ask in systems.items()}
    return {name: answer.result() for name, answer in asked.items()}


def _answer[T](ask: Callable[[], T]) -> T | SystemDown | SystemRefused:
    try:
        return ask()
    except (SystemDown, SystemRefused) as error:
        return error

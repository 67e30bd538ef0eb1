"""The same task asked again, each time under a key of its own: `refused:shop`, `refused:shop:2`. Pure."""

from collections.abc import Iterable

from privacy.fulfilment.tasks.tasks import Task


def rounds(tasks: Iterable[Task], key: str) -> list[Task]:
    """Every time that this was asked, the first one first."""
    there = {task.key: task for task in tasks}
    found: list[Task] = []
    while task := there.get(round_key(key, len(found) + 1)):
        found.append(task)
    return found


def round_key(key: str, number: int) -> str:
    """The key of the nth time, counted from 1."""
    return key if number == 1 else f"{key}:{number}"

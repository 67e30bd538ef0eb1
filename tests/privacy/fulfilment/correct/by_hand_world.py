"""A system that takes no change from a program, and the person who changes it by hand."""

from typing import Any

from privacy.fulfilment.tasks.tasks import Task
from tests.privacy.fulfilment.correct.correct_world import World

JANE = "jane.miller@example.com"
NEW = "jane@new-home.example"
COLUMNS = {"shop": ("customers", "name", "email"), "support": ("tickets", "contact_name", "contact_email")}  # fmt: skip


def refuses(world: World, system: str) -> None:
    """From now on nothing but a hand changes names and addresses there."""
    table, *columns = COLUMNS[system]
    world.tell(
        system,
        f"CREATE TRIGGER stays BEFORE UPDATE OF {', '.join(columns)} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'not by a program'); END",
    )


def by_hand(world: World, system: str, statement: str, *values: Any) -> None:
    world.tell(system, "DROP TRIGGER IF EXISTS stays")
    world.tell(system, statement, *values)
    refuses(world, system)


def rename(world: World, to: str, which: str = "customer_number = 'AF-1001'") -> None:
    by_hand(world, "support", f"UPDATE tickets SET contact_name = ? WHERE {which}", to)


def tasks(world: World, request: str) -> list[Task]:
    with world.database.read() as tx:
        return world.tasks.of(tx, request)


def keys(world: World, request: str) -> list[str]:
    return [task.key for task in tasks(world, request)]


def again(world: World) -> str:
    """The course is taken from its beginning, as after a restart."""
    with world.database.write() as tx:
        tx.exec_driver_sql("UPDATE work SET state = 'due'")
    world.later(minutes=5)
    return world.work()


def is_told(world: World) -> bool:
    return bool(
        {"utter_corrected", "utter_corrected_in_part", "utter_correction_declined"}
        & set(world.said.wordings)
    )

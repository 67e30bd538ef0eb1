"""What a test of resilience does to a running Vera: hold its database in the middle of an act, keep knocking, look."""

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.driving.customer import Customer
from tests.driving.house import House

PATIENCE = 90.0


def until[T](true: Callable[[], T], seconds: float = PATIENCE, what: str = "it") -> T:
    """What `true` returns once it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} seconds")


def rows(house: House, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What Vera's database holds."""
    with sqlite3.connect(house.data / "vera.db", timeout=20) as database:
        return database.execute(statement, values).fetchall()


def post(customer: Customer, text: str, client_id: str) -> dict[str, Any]:
    """Send a message as a browser does: again and again, under the same id, until it is taken."""

    def send() -> dict[str, Any] | None:
        try:
            answer = customer.http.post(
                "/api/v1/conversations/current/messages",
                json={"text": text, "client_id": client_id},
                headers={"Authorization": f"Bearer {customer.token}"},
            )
        except httpx.TransportError:
            return None
        if answer.status_code == 429:
            return None
        assert answer.status_code in (200, 201), answer.text
        taken: dict[str, Any] = answer.json()
        return taken

    taken = until(send, what="taking a message")
    customer.token = taken["token"] or customer.token
    return taken


def heard(customer: Customer, client_id: str) -> str:
    """The answer to a message: waits for it, through whatever the service goes through."""
    return "\n".join(line["text"] for line in until(lambda: answers(customer, client_id)))


def say(customer: Customer, text: str) -> str:
    """Both, for a Vera that may be in trouble."""
    mine = uuid.uuid4().hex
    post(customer, text, mine)
    return heard(customer, mine)


def answers(customer: Customer, client_id: str) -> list[dict[str, Any]]:
    """What the bot said after this message, notices left out."""
    lines = history(customer)
    at = next((i for i, line in enumerate(lines) if line["client_id"] == client_id), None)
    if at is None:
        return []
    return [line for line in lines[at + 1 :] if line["author"] == "bot"]


def history(customer: Customer) -> list[dict[str, Any]]:
    """The transcript; empty while the service cannot be reached."""
    try:
        return customer.history()
    except httpx.TransportError:
        return []


@contextmanager
def held_at(database: Path, act: str, seconds: float) -> Iterator[None]:
    """Let one kind of write take so long that a process can be killed in the middle of it.

    `act` is the act of a trigger, such as "BEFORE INSERT ON request".
    """
    with sqlite3.connect(database, timeout=20) as db:
        db.execute("CREATE TABLE held (n INTEGER)")
        db.executemany("INSERT INTO held VALUES (?)", [(n,) for n in range(1000)])
        count = "SELECT count(*) FROM held a, held b, held c WHERE a.n + b.n + c.n >= 0 AND a.n < "
        started = time.perf_counter()
        db.execute(f"{count} 2").fetchone()
        each = (time.perf_counter() - started) / 2
        db.execute(f"CREATE TRIGGER hold {act} BEGIN {count} {max(1, int(seconds / each))}; END")
    try:
        yield
    finally:
        with sqlite3.connect(database, timeout=60) as db:
            db.execute("DROP TRIGGER hold")
            db.execute("DROP TABLE held")

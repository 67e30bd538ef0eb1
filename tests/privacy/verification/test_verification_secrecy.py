"""Nobody learns from outside whether a contact is known, nor from the database what a code is."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, select

import privacy.verification
from privacy.clock import FixedClock
from privacy.errors import Problem
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.challenges import budget, challenge
from privacy.store.tables.outbox import mail
from privacy.verification import codes
from tests.privacy.fake_outbox import other_code
from tests.privacy.verification.verification_world import (
    World,
    contact,
    make_world,
    policy_with,
    record,
)

LETTERHEAD = Letterhead.read(
    company="Alder & Finch",
    mail_from="Alder & Finch privacy <privacy@alderfinch.example>",
    inbox="privacy@alderfinch.example",
    origin="https://chat.alderfinch.example",
)
CASES = {
    "email": ("anna@example.com", [record("shop:1", "anna@example.com", "07700 900321")]),
    "unknown email": ("anna@example.com", []),
    "email of two persons": (
        "anna@example.com",
        [record("shop:1", "anna@example.com"), record("shop:2", "anna@example.com")],
    ),
    "phone": ("07700 900321", [record("shop:1", "anna@example.com", "07700 900321")]),
    "unknown phone": ("07700 900321", []),
    "phone only": ("07700 900321", [record("shop:1", None, "07700 900321")]),
    "phone of two persons": (
        "07700 900321",
        [
            record("shop:1", "a@example.com", "07700 900321"),
            record("shop:2", "b@example.com", "07700 900321"),
        ],
    ),
}


class _Keeping(Outbox):
    """The real outbox; the test reads the codes as they go in."""

    codes: list[str]

    def add(self, *args: object, **fields: object) -> None:
        values = fields["values"]
        assert isinstance(values, dict)
        self.codes.append(values["code"])
        super().add(*args, **fields)  # type: ignore[arg-type]


@pytest.fixture
def outbox(keyring: Keyring, clock: FixedClock) -> _Keeping:
    outbox = _Keeping(keyring, clock, LETTERHEAD)
    outbox.codes = []
    return outbox


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def _session(world: World, outbox: _Keeping, typed: str) -> list[object]:
    """What an attacker sees in one long session: every result or problem, in order."""
    verification, clock = world.verification, world.clock
    seen: list[object] = []

    def note(act: Callable[[], object]) -> None:
        try:
            seen.append(act())
        except Problem as problem:
            seen.append((type(problem), problem.args))

    def guess(by: int) -> Callable[[], object]:
        return lambda: verification.check("web:1", other_code(outbox.codes[-1], by))

    note(lambda: verification.begin("web:1", "delete", contact(typed), "draft-1", "1"))
    note(lambda: verification.awaited("web:1"))
    note(guess(1))
    note(lambda: verification.resend("web:1", "2"))
    clock.move(timedelta(seconds=40))
    note(lambda: verification.resend("web:1", "3"))
    note(guess(1))
    note(lambda: verification.proven("web:1", "delete", "draft-1"))
    clock.move(timedelta(minutes=11))
    note(guess(1))
    note(lambda: verification.resend("web:1", "4"))
    for by in (1, 2, 3, 4):
        note(guess(by))
    note(lambda: verification.resend("web:1", "5"))
    for turn in range(6, 10):
        note(partial(verification.begin, "web:1", "status", contact(typed), "", str(turn)))
        for by in (1, 2, 3, 4, 5, 6):
            note(guess(by))
    note(lambda: verification.awaited("web:1"))
    verification.forget("web:1")
    note(lambda: verification.awaited("web:1"))
    return seen


def _run(
    database: Database, keyring: Keyring, clock: FixedClock, outbox: _Keeping, case: str
) -> tuple[list[object], list[str], int]:
    typed, records = CASES[case]
    world = make_world(database, keyring, clock, *records, outbox=outbox)
    with _statements(database) as statements:
        seen = _session(world, outbox, typed)
    return seen, statements, len(world.people.asked)


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("email", "phone")])
def test_known_and_unknown_contacts_look_the_same_and_cost_the_same_statements(
    keyring: Keyring, clock: FixedClock, tmp_path: Path, case: str
) -> None:
    usual = "email" if "email" in case else "phone"
    results = []
    for name in (usual, case):
        own_clock = FixedClock(clock.now())
        database = _fresh_database(tmp_path / f"{name}.db")
        outbox = _Keeping(keyring, own_clock, LETTERHEAD)
        outbox.codes = []
        results.append(_run(database, keyring, own_clock, outbox, name))
        database.close()
    (seen, statements, asked), (other_seen, other_statements, other_asked) = results
    assert seen == other_seen
    assert statements == other_statements
    assert asked == other_asked
    assert len(statements) > 100


def test_a_decoy_writes_the_same_rows_and_is_never_delivered(
    database: Database, keyring: Keyring, clock: FixedClock, outbox: _Keeping
) -> None:
    world = make_world(
        database, keyring, clock, record("shop:1", "anna@example.com"), outbox=outbox
    )
    for number, typed in enumerate(("anna@example.com", "nobody@example.com", "07700 900321")):
        world.verification.begin(f"web:{number}", "access", contact(typed), "draft", "1")
    with database.read() as tx:
        mails = tx.execute(select(mail.c.deliver, mail.c.kind, mail.c.expires_at)).all()
        rows = tx.execute(select(challenge.c.destination, challenge.c.code_hmac)).all()
        sends = tx.execute(select(budget.c.count).where(budget.c.kind == "send")).scalars().all()
    assert [row.deliver for row in mails] == [True, False, False]
    assert {(row.kind, row.expires_at) for row in mails} == {
        ("code", clock.now() + timedelta(minutes=10))
    }
    assert [row.destination is None for row in rows] == [False, True, True]
    assert {len(row.code_hmac) for row in rows} == {64}
    assert sends == [1, 1, 1]


def test_a_decoy_refuses_every_code_there_is(keyring: Keyring) -> None:
    stored = codes.fingerprint(keyring, "challenge", "123456", decoy=True)
    assert not any(
        codes.matches(keyring, "challenge", f"{number:06d}", stored) for number in range(10**5)
    )
    assert not codes.matches(keyring, "challenge", "123456", stored)
    assert codes.matches(
        keyring,
        "challenge",
        "123456",
        codes.fingerprint(keyring, "challenge", "123456", decoy=False),
    )
    assert not codes.matches(
        keyring,
        "another challenge",
        "123456",
        codes.fingerprint(keyring, "challenge", "123456", decoy=False),
    )


def test_the_database_and_its_log_hold_no_code_and_no_contact(
    database: Database, keyring: Keyring, clock: FixedClock, outbox: _Keeping, tmp_path: Path
) -> None:
    world = make_world(
        database,
        keyring,
        clock,
        record("shop:secret-7", "anna.canary@example.com", "07700 900321"),
        outbox=outbox,
        policy=policy_with(sends_per_hour=100),
    )
    for number, typed in enumerate(
        ["anna.canary@example.com", "07700 900321", "someone.canary@example.com"] * 3
    ):
        conversation = f"web:{number}"
        world.verification.begin(conversation, "access", contact(typed), "draft", "1")
        world.verification.check(conversation, other_code(outbox.codes[-1]))
        clock.move(timedelta(seconds=31))
        world.verification.resend(conversation, "2")
        world.verification.check(conversation, outbox.codes[-1])
    files = [path for path in tmp_path.iterdir() if path.name.startswith("vera.db")]
    assert any(path.name.endswith("-wal") for path in files)
    stored = b"".join(path.read_bytes() for path in files)
    secrets = [*outbox.codes, "canary", "secret-7", "900321", "7700900"]
    # Six digits may stand in a fingerprint by chance.
    stored = re.sub(rb"[0-9a-f]{32,}", b"", stored)
    assert [text for text in secrets if text.encode() in stored] == []


def test_codes_are_spread_evenly(keyring: Keyring) -> None:
    made = [codes.make_code(6) for _ in range(20_000)]
    assert all(len(code) == 6 and code.isdigit() and code.isascii() for code in made)
    for position in range(6):
        counts = Counter(code[position] for code in made)
        chi_squared = sum((counts[digit] - 2000) ** 2 / 2000 for digit in "0123456789")
        assert chi_squared < 50, position  # 9 degrees of freedom: more than once in ten million
    pairs = Counter(code[:2] + code[-1] for code in made)
    chi_squared = sum((pairs[f"{n:03d}"] - 20) ** 2 / 20 for n in range(1000))
    assert 730 < chi_squared < 1270  # 999 degrees of freedom: six standard deviations
    assert len({codes.make_code(8) for _ in range(100)}) == 100


def test_codes_come_from_the_system_s_randomness_only() -> None:
    folder = Path(privacy.verification.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert "random" not in {name.split(".")[0] for name in names}, path.name


def _fresh_database(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    metadata.create_all(database.engine)
    return database

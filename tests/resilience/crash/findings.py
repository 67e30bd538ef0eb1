"""What a person finds when all is over: in the company, in Vera's database, in the mail, on the disk.

Names that differ from one run to the next (references, ids, codes, moments) are taken out, so that what is left
of an undisturbed run is what every other one has to come to.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sqlalchemy import Connection, select

from demo.company import SYSTEMS
from privacy.audit import Signer, check
from privacy.fulfilment.delete.tombstones import Tombstones
from privacy.fulfilment.export.packages import KEY, file_of
from privacy.fulfilment.vault.vault import Vault
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables import fulfilment as tables
from privacy.store.tables.audit import audit
from privacy.store.tables.conversations import message
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request, request_event
from tests.resilience.crash.effects import TABLE, effects
from tests.resilience.crash.life import Place
from tests.resilience.crash.post import Post
from tests.resilience.crash.wishes import JANE, JANE_NEW

type Findings = dict[str, Any]

_PERSONAL = (JANE, JANE_NEW, "Jane Miller", "23125101", "1713920099", "Gartenstra")
_CHANGING = (
    (re.compile(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}", re.I), "PR-…"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"[0-9a-f]{32,64}"), "<hash>"),
    (re.compile(r"(?<=/not-me.key=)[\w-]+"), "<secret>"),
    (re.compile(r"\b\d{6}\b(?= is your)"), "<code>"),
    (re.compile(r"(?<=Your code is )\d{6}"), "<code>"),
    (re.compile(r"\b(?:2026-11-2[1-3]|21 November 2026)[ T,]*(at )?\d\d:\d\d(:\d\d)?(\.\d+)?"), "<now>"),
    (re.compile(r"\b1[01]:[01]\d\b(:\d\d(\.\d+)?)?"), "<time>"),
)  # fmt: skip
_AGAIN = ("data.shown", "system.read")
# A package is some bytes longer or shorter with its moments; a code that was compared when the process died counts.
_NOT_THE_SAME = re.compile(r'("(?:size|attempts)": ?)\d+')


def look(place: Place) -> Findings:
    """Everything, in the words of an undisturbed run."""
    settings = place.settings()
    keyring = Keyring.load(settings.data_dir / "keys.json")
    database = Database(settings.database)
    try:
        with database.read() as tx:
            found: Findings = {
                **of_records(tx, keyring), **_audit(tx, place), **_mail(tx, place), **of_company(place.data)
            }  # fmt: skip
            found["package"] = list(of_packages(tx, keyring, place.data))
    finally:
        database.close()
    found["workflows"] = _workflows(place.data / "workflows.db")
    found["files"] = sorted({same(name) for name in _names(place.data / "packages")})
    found["readable"] = [*_readable(place.data), *(["the log"] if _holds(place.log) else [])]
    found["graves"] = {
        name: len(graves.by_key)
        for name, graves in Tombstones(settings.tombstone_file, keyring).read().items()
    }
    return found


def differences(expected: Findings, found: Findings) -> list[str]:
    """What is not as it should be, a line for each thing."""
    lines = []
    for name in expected.keys() | found.keys():
        should, does = expected.get(name), found.get(name)
        if should == does:
            continue
        if isinstance(should, list) and isinstance(does, list):
            want, have = (Counter(map(json.dumps, one)) for one in (should, does))
            missing, more = list((want - have).elements()), list((have - want).elements())
            if missing or more:
                lines.append(f"{name}: missing {missing[:4]}, more {more[:4]}")
            else:
                lines.append(f"{name}: another order")
        else:
            lines.append(f"{name}: {json.dumps(should)[:300]} became {json.dumps(does)[:300]}")
    return lines


def same(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text


def of_company(data: Path) -> Findings:
    """Every row of the company, and every effect on it."""
    found: Findings = {}
    twice = []
    for system in SYSTEMS:
        file = data / "demo" / f"{system}.db"
        found[f"rows of {system}"] = _dump(file)
        found[f"effects on {system}"] = seen = effects(file)
        twice += [f"{system}: {effect}" for effect, count in Counter(seen).items() if count > 1]
    return {**found, "effects that came twice": twice}


def of_records(tx: Connection, keyring: Keyring) -> Findings:
    """What Vera's database says of the one request."""
    said = select(message).where(message.c.author == "bot").order_by(message.c.id)
    events = select(request_event).order_by(request_event.c.seq)
    progress = select(tables.progress).order_by(tables.progress.c.system)
    tasks = select(tables.task).order_by(tables.task.c.key)
    kept = select(tables.kept_record).order_by(tables.kept_record.c.system)
    return {
        "requests": [
            [row.kind, row.state, row.reason, row.closed_at is not None]
            for row in tx.execute(select(request))
        ],
        "history": [
            [row.event, row.actor, same(json.dumps(row.data, sort_keys=True))]
            for row in tx.execute(events)
        ],
        "work": [row.state for row in tx.execute(select(tables.work))],
        "progress": [[row.system, row.state, row.counts] for row in tx.execute(progress)],
        "tasks": [[row.key, row.kind, row.state] for row in tx.execute(tasks)],
        "kept": [[row.system, row.next_on.isoformat(), row.done_at] for row in tx.execute(kept)],
        "announced": sorted(same(row.key) for row in tx.execute(select(tables.announcement))),
        "said": [
            same(keyring.open(row.body, "message.body")) for row in tx.execute(said).mappings()
        ],
        "disclosed": [row.operation for row in tx.execute(select(tables.disclosure))],
        "mail settled": sorted(
            [row.kind, row.state, row.deliver] for row in tx.execute(select(mail))
        ),
    }


def _audit(tx: Connection, place: Place) -> Findings:
    verdict = check(tx, Signer.load(place.data))
    acts = sorted(
        [row.act, row.actor, _NOT_THE_SAME.sub(r"\1…", same(str(row.data)))]
        for row in tx.execute(select(audit)).all()
    )
    # What is done again because nobody could remember its result: looking, and showing.
    acts = [act for n, act in enumerate(acts) if act[0] not in _AGAIN or act not in acts[:n]]
    # A deletion that died between its ledger and its rows: the next start erases by the ledger, before it goes on.
    acts = [act for act in acts if act[0] != "tombstone.replayed"]
    return {"audit": acts, "audit faults": [fault.sentence for fault in verdict.faults]}


def _mail(tx: Connection, place: Place) -> Findings:
    """What left: each message at least once, and always the same."""
    letters = Post(place.folder).letters()
    texts = {(letter.to, letter.text) for letter in letters if letter.is_text}
    contents: dict[str, set[tuple[str, str, str]]] = {}
    for letter in letters:
        if letter.is_text:
            continue
        contents.setdefault(letter.message_id, set()).add((letter.to, letter.subject, letter.text))
    done = list(tx.execute(select(mail).where(mail.c.state == "sent")))
    sent = {f"<{row.message_id}>" for row in done if row.carrier == "mail"}
    return {
        "mails with two contents": sum(len(one) > 1 for one in contents.values()),
        "mails that are sent and never left": sorted(sent - contents.keys()),
        "mails that left and are not sent": sorted(contents.keys() - sent),
        "texts that left and are not sent, or the other way round": len(texts) - sum(row.carrier == "text" for row in done),
        "texts": sorted([to, same(text)] for to, text in texts),
        "letters": sorted([to, same(subject), same(text)] for one in contents.values() for to, subject, text in one),
    }  # fmt: skip


def of_packages(tx: Connection, keyring: Keyring, data: Path) -> Iterator[dict[str, str]]:
    """What the customer finds in each package, whole."""
    vault = Vault(data / "packages")
    for row in tx.execute(select(tables.package)).mappings():
        key = keyring.open(row["sealed_key"], KEY)
        whole = b"".join(vault.read(file_of(row["request"]), key))
        assert len(whole) == row["size"]
        with ZipFile(BytesIO(whole)) as archive:
            assert archive.testzip() is None
            yield {
                same(name): same(_without_measures(archive.read(name)))
                for name in archive.namelist()
            }


def _without_measures(raw: bytes) -> str:
    """A file's text; sizes of files in it depend on how its moments are written."""
    return re.sub(r'"(bytes|size)": ?\d+', '"bytes": 0', raw.decode("utf-8", "replace"))


def _dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        [[fits]] = db.execute("PRAGMA quick_check")
        rows = [line for line in db.iterdump() if TABLE not in line]
    return sorted(same(row) for row in [*rows, f"quick_check: {fits}"])


def _workflows(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return sorted({row[0] for row in db.execute("SELECT status FROM workflow_status")})


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder))


def _readable(data: Path) -> Iterator[str]:
    """Files outside the company in which a value of the customer can be read."""
    for name in _names(data):
        raw = (data / name).read_bytes()
        if not name.startswith("demo/") and _holds(raw.decode("utf-8", "replace")):
            yield same(name)


def _holds(text: str) -> bool:
    return any(one.lower() in text.lower() for one in _PERSONAL)

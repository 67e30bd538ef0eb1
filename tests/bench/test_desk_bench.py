"""What the measurement of the desk stands on: its rows open, its words are shown, its streams are read, its sums are right."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bench.agent import NotShown
from bench.desk_pages import compared
from bench.desk_rows import LONG_TALK, Rows
from bench.desk_times import Way, words_of
from bench.event_streams import Refused, events
from privacy.agents.roles import Role
from privacy.agents.sessions import AgentSessions
from privacy.clock import FixedClock
from privacy.conversations.sessions import Sessions
from privacy.desk.hiding import hidden
from privacy.desk.queue import Queue
from privacy.settings import Settings
from privacy.store.keyring import Keyring


def test_rows_open_for_the_people_they_are_made_for(tmp_path: Path) -> None:
    rows = Rows(Settings(data_dir=tmp_path))
    try:
        keyring, clock = Keyring.load(tmp_path / "keys.json"), FixedClock(datetime.now(UTC))
        who, other = rows.colleagues(2, Role.AGENT)
        entered = AgentSessions(rows.database, keyring, clock).enter(who.token)
        assert entered is not None and entered.agent.id == who.id

        (held,) = rows.held([other], 1)
        assert Sessions(rows.database, keyring, clock).enter(held.token) == held.conversation

        talks = rows.queue(21, [who, other])
        assert len(talks) == 20 and LONG_TALK > 0
        counts = Queue(rows.database, clock).counts(who.id)
        assert counts["waiting"] == 8 and counts["left"] == 2
        assert counts["mine"] + counts["snoozed"] + counts["others"] == 11

        references = rows.requests(40, [who, other], talks)
        assert len(references) == 4
        assert len(rows.requests(100, [who, other], [])) == 6
    finally:
        rows.close()


def test_the_desk_shows_the_words_that_are_waited_for() -> None:
    said = {words_of(number) for number in range(200)}
    assert len(said) == 200
    for words in said:
        assert [part.text for part in hidden(words, ())] == [words]


def test_both_sizes_of_a_page_are_compared() -> None:
    few = [{"page": "a list", "median_ms": 10.0}, {"page": "a request", "median_ms": 20.0}]
    many = [
        {"page": "a list", "median_ms": 30.0},
        {"page": "a list, deep", "median_ms": 15.0},
        {"page": "a request", "median_ms": 20.0},
    ]
    assert [row["times"] for row in compared(few, many)] == [3.0, 1.5, 1.0]


async def test_what_does_not_arrive_is_counted_and_not_timed() -> None:
    async def arrives() -> float:
        return 0.25

    async def is_lost() -> float:
        raise NotShown("not on the screen in time")

    async def is_cut_off() -> float:
        raise httpx.ReadTimeout("")

    way = Way()
    for one in (arrives(), is_lost(), is_cut_off(), is_lost()):
        await way.timed(one)
    report = way.report()
    assert report["n"] == 1 and report["median_ms"] == 250.0
    assert report["failures"] == {"not on the screen in time": 2, "ReadTimeout": 1}


@pytest.mark.parametrize("status", ["200 OK", "429 Too Many Requests"])
async def test_events_are_read_between_the_lengths_of_chunks(status: str) -> None:
    sent = b'retry: 2000\n\n', b'event: queue\ndata: {}\n\n', b': still here\n\n', b'id: 7\nevent: message\ndata: {"id": 7}\n\n'  # fmt: skip

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        assert asked.startswith(b"GET /live HTTP/1.1\r\n") and b"Cookie: a=b" in asked
        writer.write(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for chunk in sent:
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        stream = events(f"http://{host}:{port}", "/live", {"Cookie": "a=b"})
        if status != "200 OK":
            with pytest.raises(Refused, match="429"):
                await anext(stream)
            return
        heard = [one async for one in stream]
    assert heard == [("opened", None), ("queue", {}), ("message", {"id": 7})]

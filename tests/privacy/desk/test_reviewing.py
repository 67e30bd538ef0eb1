"""An export in which other people may be named waits until somebody has read it, and leaves without what concerns them."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.errors import NotAllowed
from privacy.filing import Filed
from privacy.fulfilment.export.review import REMOVED
from privacy.settings import ROOT
from tests.privacy.fulfilment.vera_world import VeraWorld

LABEL = "            label: the message\n"
OF_OTHERS = "My neighbour Tom Baker took the parcel."


def mark_messages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the map that is read from now on say that messages to support may name others."""
    described = (ROOT / "demo" / "datamap.yml").read_text(encoding="utf-8")
    marked = described.replace(LABEL, f"{LABEL}{' ' * 12}may_name_others: true\n")
    assert marked != described
    folder.mkdir(parents=True)
    (folder / "map.yml").write_text(marked)
    monkeypatch.setenv("VERA_DATAMAP", str(folder / "map.yml"))


class House(VeraWorld):
    """The sample company, whose map says that messages to support may name others."""

    def __init__(self, folder: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
        mark_messages(folder, monkeypatch)
        super().__init__(folder, clock)
        self.officer = Agent("kim", "kim", "Kim", Role.OFFICER, "active")

    def exported(self, filed: Filed) -> zipfile.ZipFile:
        subjects = self.subjects()
        there = self.vera.packages.open_for(self.row(filed)["id"], subjects)
        assert there is not None
        taken = self.vera.packages.take(there.id, subjects)
        return zipfile.ZipFile(io.BytesIO(b"".join(taken.pieces)))

    def task(self) -> str:
        [one] = self.vera.fulfilment.tasks.list_open()
        assert one.kind == "review_package"
        self.vera.request_desk.tasks.take(one.id, self.officer)
        return one.id


@pytest.fixture
def house(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    house = House(tmp_path / "vera", clock, monkeypatch)
    with closing(sqlite3.connect(house.files["support"])) as support, support:
        support.execute(
            "UPDATE messages SET body = ? WHERE id = (SELECT min(m.id) FROM messages m JOIN tickets t ON t.id = ticket_id "
            "WHERE customer_number = 'AF-1001')",
            (OF_OTHERS,),
        )
    yield house
    house.vera.database.close()


def test_it_waits_and_leaves_without_what_was_taken_out(house: House) -> None:
    filed = house.file("export")
    assert house.work() == ["for_person"]
    assert house.count("package") == 0
    task = house.task()
    reviewing = house.vera.request_desk.reviewing
    pieces = reviewing.pieces(task, house.officer)
    assert len({one.id for _, one in pieces}) == len(pieces) > 1
    [(where, other)] = [(where, one) for where, one in pieces if one.text == OF_OTHERS]
    assert "the message" in where
    reviewing.decide(task, [one.id for _, one in pieces], [other.id], house.officer)
    assert house.work() == ["done"]
    archive = house.exported(filed)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert OF_OTHERS not in everything
    rows = json.loads(archive.read("data/support/messages.json"))["rows"]
    bodies = [row["values"]["body"] for row in rows]
    assert bodies.count(REMOVED) == 1
    assert {one.text for _, one in pieces} - {OF_OTHERS} <= set(bodies)
    assert "exts that concern other people" in archive.read("index.html").decode()


def test_done_without_reading_it_is_asked_again(house: House) -> None:
    house.file("export")
    house.work()
    house.vera.fulfilment.tasks.finish(house.task(), "somebody", "yes")
    assert house.work() == ["for_person"]
    assert house.count("package") == 0
    task = house.task()
    pieces = house.vera.request_desk.reviewing.pieces(task, house.officer)
    house.vera.request_desk.reviewing.decide(task, [pieces[0][1].id], [], house.officer)
    assert house.work() == ["for_person"], "one was read, the others were not"


def test_an_officer_reads_and_nobody_else(house: House) -> None:
    house.file("export")
    house.work()
    task = house.task()
    agent = Agent("sam", "sam", "Sam", Role.AGENT, "active")
    with pytest.raises(NotAllowed):
        house.vera.request_desk.reviewing.pieces(task, agent)


def test_where_the_map_marks_nothing_nobody_is_asked(tmp_path: Path, clock: FixedClock) -> None:
    world = VeraWorld(tmp_path / "plain", clock)
    world.file("export")
    assert world.work() == ["done"]
    world.vera.database.close()

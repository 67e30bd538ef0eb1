"""The matrix: which crash points one good run of each right passes, and what is found after a kill at each of them
and a restart.
"""

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from tests.resilience.crash.findings import Findings, differences, look
from tests.resilience.crash.forks import exit_status, fork
from tests.resilience.crash.life import KILLED, Place, furnish, life, move_in
from tests.resilience.crash.post import Post
from tests.resilience.crash.wishes import WISHES, Wish

_MOST_LIVES = 6


@dataclass(frozen=True)
class Kill:
    """Where a life is ended: at the `passing`-th passing of a point, `times` lives in a row."""

    wish: str
    point: str
    passing: int
    times: int = 1

    @property
    def at(self) -> str:
        return f"{self.point}:{self.passing}"


@dataclass
class Outcome:
    """What became of one kill; `wrong` is empty where all is as if nothing had happened."""

    wish: str
    at: str
    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    log: str = ""


@dataclass(frozen=True)
class Good:
    """An undisturbed run: the points that it passed, how often each, and what was found after it."""

    points: Counter[str]
    findings: Findings


class Matrix:
    """Runs in a folder; `jobs` kills at once."""

    def __init__(self, folder: Path, wishes: Sequence[Wish] = WISHES, jobs: int = 1) -> None:
        self._folder = folder
        self._wishes = {wish.name: wish for wish in wishes}
        self._jobs = jobs
        self.good: dict[str, Good] = {}

    def record(self) -> None:
        """Take every right once, undisturbed. Raises AssertionError where that does not end well."""
        furnish(self._folder / "template")
        for name, outcome in zip(
            self._wishes, self._at_once(self._record, list(self._wishes)), strict=True
        ):
            assert not outcome.wrong, f"{name}, undisturbed: {outcome.wrong}\n{outcome.log}"
            folder = self._folder / "good" / name
            self.good[name] = Good(
                Counter((folder / "points").read_text().splitlines()),
                json.loads((folder / "findings.json").read_text()),
            )

    def kills(self, *, twice: bool = False) -> list[Kill]:
        """Every passing of every point; `twice`, the same life after life."""
        return [
            Kill(name, point, passing, 2 if twice else 1)
            for name, good in self.good.items()
            for point, count in good.points.items()
            for passing in range(1, count + 1)
        ]

    def sample(self, of_each: int, seed: int) -> list[Kill]:
        """A few kills of each right, and every third of them twice in a row."""
        chance = random.Random(seed)
        chosen = []
        for name, good in self.good.items():
            for number, point in enumerate(chance.sample(sorted(good.points), of_each)):
                passing = chance.choice((1, good.points[point]))
                chosen.append(Kill(name, point, passing, 2 if number % 3 == 2 else 1))
        return chosen

    def run(self, kills: Sequence[Kill]) -> list[Outcome]:
        """Kill and restart; everything that was wrong afterwards."""
        return list(self._at_once(self._kill, list(kills)))

    def _record(self, name: str, _number: int) -> Outcome:
        folder = self._folder / "good" / name
        folder.mkdir(parents=True)
        outcome = self._lives(folder, Kill(name, "", 0, 0), record=folder / "points")
        return outcome

    def _kill(self, kill: Kill, number: int) -> Outcome:
        folder = self._folder / f"kill-{number}"
        folder.mkdir()
        outcome = self._lives(folder, kill)
        if not outcome.wrong:
            shutil.rmtree(folder)
        return outcome

    def _lives(self, folder: Path, kill: Kill, record: Path | None = None) -> Outcome:
        wish, outcome = self._wishes[kill.wish], Outcome(kill.wish, kill.at)
        move_in(self._folder / "template", folder)
        with Post(folder) as post:
            place = Place(folder, post.port, post.texts)
            for number in range(_MOST_LIVES):
                at = kill.at if number < kill.times else ""
                ended = life(place, wish, number, at=at, record=record)
                if ended != KILLED:
                    break
                outcome.kills += 1
            if ended != 0:
                outcome.wrong = [f"it ended with {ended}"]
                outcome.log = place.log[-6000:]
                return outcome
            findings = json.loads(json.dumps(look(place)))
            if record is not None:
                (folder / "findings.json").write_text(json.dumps(findings))
                outcome.wrong = _not_well(findings)
            else:
                outcome.wrong = differences(self.good[kill.wish].findings, findings)
            outcome.log = place.log[-6000:] if outcome.wrong else ""
        return outcome

    def _at_once[T](self, act: Callable[[T, int], Outcome], what: list[T]) -> Iterator[Outcome]:
        """Some at a time, each worker a process; in the order of `what`."""
        share = self._folder / f"results-{time.monotonic_ns()}"
        share.mkdir()

        def work(worker: int) -> None:
            for number in range(worker, len(what), self._jobs):
                outcome = act(what[number], number)
                (share / str(number)).write_text(json.dumps(asdict(outcome)))

        workers = [fork(partial(work, worker)) for worker in range(min(self._jobs, len(what)))]
        broken = [status for status in map(exit_status, workers) if status]
        assert not broken, "a worker of the matrix broke"
        for number in range(len(what)):
            yield Outcome(**json.loads((share / str(number)).read_text()))


def _not_well(found: Findings) -> list[str]:
    """What would be wrong with any run, also an undisturbed one."""
    must = {
        "work": ["ended"],
        "audit faults": [],
        "mails with two contents": 0,
        "mails that are sent and never left": [],
        "mails that left and are not sent": [],
        "effects that came twice": [],
        "workflows": ["SUCCESS"],
        "readable": [],
    }
    wrong = differences(must, {name: found[name] for name in must})
    wrong += [f"request: {one}" for one in found["requests"] if one[1] != "done"]
    wrong += [f"progress: {one}" for one in found["progress"] if one[1] != "done"]
    if len(found["requests"]) != 1 or len(found["announced"]) != 1:
        wrong.append(f"{len(found['requests'])} requests, announced: {found['announced']}")
    return wrong

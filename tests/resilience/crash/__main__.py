"""`python -m tests.resilience.crash`: the whole matrix, or a part of it.

--only delete,see    these rights
--at POINT:N         this kill only
--sample N           N points of each right, chosen by --seed
--twice              every kill in two lives in a row
--jobs N             so many at once
--json               what was found, for a test
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import dbos  # noqa: F401  (once, before all forks)

from privacy.logging import configure_logging
from tests.resilience.crash.matrix import Kill, Matrix, Outcome
from tests.resilience.crash.wishes import WISHES


def main() -> int:
    asked = _asked()
    for name in [name for name in os.environ if name.startswith("VERA_")]:
        del os.environ[name]  # this Vera has settings of its own
    with tempfile.TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True) as folder:
        started = time.monotonic()
        wishes = [w for w in WISHES if not asked.only or w.name in asked.only.split(",")]
        matrix = Matrix(Path(folder), wishes, asked.jobs)
        with open(os.devnull, "w") as nowhere:
            configure_logging("info", nowhere)
            matrix.record()
            outcomes = matrix.run(_chosen(matrix, asked))
        if asked.json:
            print(json.dumps({"seed": asked.seed, "outcomes": [asdict(one) for one in outcomes]}))
        else:
            _tell(matrix, outcomes, time.monotonic() - started)
    return int(any(outcome.wrong for outcome in outcomes))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crash")
    parser.add_argument("--only", default="")
    parser.add_argument("--at", default="")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _chosen(matrix: Matrix, asked: argparse.Namespace) -> list[Kill]:
    if asked.at:
        point, _, passing = asked.at.rpartition(":")
        times = 2 if asked.twice else 1
        return [Kill(name, point, int(passing), times) for name in matrix.good]
    if asked.sample:
        return matrix.sample(asked.sample, asked.seed)
    return matrix.kills(twice=asked.twice)


def _tell(matrix: Matrix, outcomes: list[Outcome], seconds: float) -> None:
    for name, good in matrix.good.items():
        own = [one for one in outcomes if one.wish == name]
        missed = sum(one.kills == 0 for one in own)
        wrong = sum(bool(one.wrong) for one in own)
        print(
            f"{name}: {len(good.points)} points, {len(own)} places to kill, "
            f"{sum(one.kills for one in own)} kills ({missed} places not reached again), {wrong} wrong"
        )
    for one in outcomes:
        if one.wrong:
            print(f"\n{one.wish} at {one.at}, {one.kills} kills:")
            print("\n".join(f"  {line}" for line in one.wrong))
            print(one.log[-1500:])
    kinds = Counter("wrong" if one.wrong else "well" for one in outcomes)
    print(
        f"\n{len(outcomes)} places, {kinds['well']} well, {kinds['wrong']} wrong, {seconds:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main())

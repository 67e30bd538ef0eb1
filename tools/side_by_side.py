"""Runs targets of the Makefile beside each other: `python -m tools.side_by_side test-journeys test-kills`.

What the first one prints is seen at once; what the others print is kept and shown whole when all are through, so that
two reports never mix. Ends with 1 where one of them failed; all of them are run in any case.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack


def run(targets: Sequence[str]) -> bool:
    """Whether all went well."""
    first, *others = targets
    failed = []
    with ExitStack() as reports:
        started = []
        for target in others:
            report = reports.enter_context(tempfile.TemporaryFile())
            one = subprocess.Popen(["make", target], stdout=report, stderr=subprocess.STDOUT)
            started.append((target, one, report))
        if subprocess.call(["make", first]):
            failed.append(first)
        for target, one, report in started:
            if one.wait():
                failed.append(target)
            report.seek(0)
            sys.stdout.write(report.read().decode(errors="replace"))
    sys.stdout.write("".join(f"make {target} failed.\n" for target in failed))
    return not failed


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1:]) else 1)

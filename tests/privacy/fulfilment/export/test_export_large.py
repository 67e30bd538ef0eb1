"""A customer with 200,000 orders: the package is made in the memory that a small one takes."""

import json
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

from privacy.settings import ROOT
from tests.privacy.fulfilment.export.package_world import sample_company

ROWS = 200_000
# What a run may take beyond a small one: blocks on their way, one batch of rows, what SQLite holds of a table.
MEGABYTES = 40


def test_memory_stays_flat_for_200_000_rows(tmp_path: Path) -> None:
    small = exported(tmp_path / "small", 0)
    large = exported(tmp_path / "large", ROWS)
    print(
        f"\npackage of {small['rows']} rows: peak {small['peak'] / 1e6:.0f} MB; "
        f"of {large['rows']} rows: peak {large['peak'] / 1e6:.0f} MB, {large['size'] / 1e6:.1f} MB zip, "
        f"estimated {large['estimate'] / 1e6:.1f} MB, {large['seconds']:.0f} s"
    )
    assert large["rows"] == small["rows"] + ROWS
    assert large["peak"] - small["peak"] < MEGABYTES * 1e6
    assert large["size"] / 3 < large["estimate"] < large["size"] * 3


def exported(folder: Path, more: int) -> dict[str, float]:
    """Make a package in a process of its own; `more` orders of the customer besides those there are."""
    folder.mkdir()
    sample_company(folder)
    with closing(sqlite3.connect(folder / "demo" / "shop.db")) as shop:
        shop.executemany(
            "INSERT INTO orders (customer_id, order_number, placed_at, status, gift_note, total_cents)"
            " VALUES (1, ?, '2024-01-02 03:04:05', 'delivered', ?, 100)",
            ((f"L-{n}", f'note {n} "=cmd()" 😀') for n in range(more)),
        )
        shop.commit()
    script = textwrap.dedent(f"""
        import importlib, json, pkgutil, re, sys, time
        from datetime import UTC, datetime
        from pathlib import Path
        import privacy.store.tables
        for module in pkgutil.iter_modules(privacy.store.tables.__path__):
            importlib.import_module(f"privacy.store.tables.{{module.name}}")
        from privacy.clock import FixedClock
        from privacy.datamap.load import load_datamap
        from privacy.datamap.scope import Scope
        from privacy.settings import ROOT
        from privacy.store.database import Database
        from privacy.store.keyring import Keyring
        from privacy.store.schema import metadata
        from tests.privacy.fulfilment.export.package_world import JANE, PackageWorld
        folder = Path({str(folder)!r})
        database = Database(f"sqlite:///{{folder / 'vera.db'}}")
        metadata.create_all(database.engine)
        datamap = load_datamap(ROOT / "demo" / "datamap.yml", data_dir=folder)
        world = PackageWorld(database, Keyring([bytes(range(32))]),
                             FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)), folder, datamap)
        world.knows(JANE)
        estimate = world.export.estimate(world.places(), Scope())
        filed = world.ask("export")
        began = time.monotonic()
        assert world.work() == ["done"]
        seconds = time.monotonic() - began
        view = world.packages.open_for(world.request_of(filed), ("shop:17",))
        taken = world.packages.take(view.id, ("shop:17",))
        assert sum(map(len, taken.pieces)) == taken.size
        # Of this process alone: ru_maxrss would begin with that of the process that started it.
        peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
        json.dump({{"rows": view.rows, "size": view.size, "estimate": estimate.bytes, "peak": peak,
                    "seconds": seconds}}, sys.stdout)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    read: dict[str, float] = json.loads(done.stdout.decode().splitlines()[-1])
    return read

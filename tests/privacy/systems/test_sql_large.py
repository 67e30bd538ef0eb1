"""A customer with 200,000 rows: reading and erasing them needs no more memory than a few do."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.privacy.systems.sql_world import world_of

MANY = 200_000
SCHEMA = f"""
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE visits (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  seen_at TEXT NOT NULL, page TEXT NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, visit_id INTEGER NOT NULL REFERENCES visits (id), note TEXT);
CREATE INDEX visits_customer ON visits (customer_id);
CREATE INDEX notes_visit ON notes (visit_id);
INSERT INTO customers VALUES (1, 'ann@example.com'), (2, 'bob@example.com');
INSERT INTO visits WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
  SELECT i, 1, '2026-01-01', 'a page with a long address that costs memory when it is kept' FROM n;
INSERT INTO visits VALUES ({MANY + 1}, 2, '2026-01-01', 'Bob');
INSERT INTO notes VALUES (1, 5, 'hangs on one of them');
"""
# Runs in a process of its own, so that the peak of its memory (VmHWM, in KiB) is its own too.
CHILD = """
import re, sys
from pathlib import Path
from tests.privacy.systems.sql_world import datamap, described, link
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.systems.port import Place, TableErasure
from privacy.systems.sql import SqlSystem

tables = {
    "customers": described("email", identity={"person": "row", "key": "id", "email": "email"}, technical=["id"]),
    "visits": described("seen_at", "page", link=link("customer_id", "customers.id"), dated_by="seen_at"),
    "notes": described("note", link=link("visit_id", "visits.id")),
}
system = SqlSystem("shop", datamap(sys.argv[1], tables).systems["shop"], "DE", True)
ann = [Place("customers", ((("id", 1),),))]
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
assert sum(1 for _ in system.rows("visits", ann, EVERYTHING, limit=1000)) == 1000
few = peak()
read = sum(1 for _ in system.rows("visits", ann, EVERYTHING))
many = peak()
[count] = [c for c in system.counts(ann, EVERYTHING) if c.table == "visits"]
done = system.erase(ann, [TableErasure("visits", "erase", {"page": None})])
print(read, few, many, peak(), count.rows, done[0].erased, done[0].blanked, done[0].left)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux"
)
@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def test_reading_and_erasing_many_rows_is_flat_in_memory(kind: str, tmp_path: Path) -> None:
    with world_of(kind, tmp_path, empty=True) as world:
        # MariaDB counts with tables of its own.
        counting = r"WITH RECURSIVE n \(i\).*?\n  SELECT i(.*?) FROM n;"
        own = rf"SELECT seq\1 FROM seq_1_to_{MANY};"
        world.run(re.sub(counting, own, SCHEMA, flags=re.DOTALL) if kind == "mariadb" else SCHEMA)
        began = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-c", CHILD, world.url],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[3],
        )
        seconds = time.perf_counter() - began
        read, few, many, erased_peak, count, erased, blanked, left = map(
            int, ran.stdout.split()[-8:]
        )
        print(
            f"{MANY} rows: {few} KiB at 1,000 rows, {many} KiB after reading all, {erased_peak} KiB after erasing; {seconds:.1f} s"
        )
        assert (read, count, erased, blanked, left) == (MANY, MANY, MANY - 1, 1, 0)
        assert many - few < 8_000 and erased_peak - few < 12_000
        assert world.all("SELECT id, page FROM visits ORDER BY id") == [(5, ""), (MANY + 1, "Bob")]

"""The parts of a package, with every value that was ever trouble: JSON, CSV, page, archive, names."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from privacy.fulfilment.holdings.explained import FieldWords, Reasons, TableWords
from privacy.fulfilment.package.archive import Archive
from privacy.fulfilment.package.contents import (
    Brought,
    BroughtFile,
    Contents,
    LeftOut,
    TableContent,
)
from privacy.fulfilment.package.csv_writer import guarded, unguarded
from privacy.fulfilment.package.heads import head_of
from privacy.fulfilment.package.names import ending_of, slug
from privacy.fulfilment.package.pack import pack
from privacy.fulfilment.package.records import Record, from_line, to_line
from privacy.fulfilment.package.size import table_bytes
from privacy.fulfilment.values.in_words import Telling
from privacy.settings import ROOT

BERLIN = ZoneInfo("Europe/Berlin")
MADE = datetime(2026, 11, 21, 10, tzinfo=UTC)
SCHEMA = json.loads((ROOT / "docs" / "export.schema.json").read_text())
HOSTILE = [
    '"quotes", commas; and\r\nlines',
    "NUL \x00 and bell \x07",
    "four bytes 😀𝕏 and \u202eright to left",
    '=cmd|"/c calc"!A1',
    "+49 30 23125101",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    " ' =1",
    "\uff1d1",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "{{7*7}} {% raw %} ${7*7}",
    "</style></td></table><h1>hello",
    "../../etc/passwd",
    "",
    "half \ud800 character",
    "\u2028line\u2029",
]  # fmt: skip
REASON = Reasons((), "to sell", "you bought", ("a contract with you",), "for a year", ("the post, to bring it",), "from you")  # fmt: skip


def words(
    columns: Sequence[str] = ("text",), *, table: str = "notes", label: str = "your notes"
) -> TableWords:
    fields = tuple(
        FieldWords(
            f"shop.{table}.{c}", c, f"the {c}", "user.content.private", "shown", True, None, ""
        )
        for c in columns
    )
    return TableWords("shop", table, "our shop", label, fields, (REASON,))


def content(table: TableWords, rows: Sequence[Record]) -> TableContent:
    files = sum(isinstance(value, bytes) for row in rows for value in row.values.values())
    return TableContent(table, len(rows), files, "", lambda: iter(rows))


def contents(
    *tables: TableContent, left_out: tuple[LeftOut, ...] = (), brought: tuple[Brought, ...] = ()
) -> Contents:
    return Contents(
        "Alder & Finch",
        "PR-7K4M-29QX",
        MADE,
        "everything we hold about you",
        tables,
        left_out,
        brought,
    )


def notes(*texts: Any) -> list[Record]:
    return [Record(n, str(n), None, {"text": text}, ()) for n, text in enumerate(texts, start=1)]


def packed(given: Contents) -> bytes:
    sink = io.BytesIO()
    size, _ = pack(sink, given, BERLIN)
    assert size == len(sink.getvalue())
    return sink.getvalue()


def opened(given: Contents) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packed(given)))


def rows_of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_json_holds_every_hostile_text_as_it_is() -> None:
    archive = opened(contents(content(words(), notes(*HOSTILE))))
    read = json.loads(archive.read("data/shop/notes.json"))
    expected = [text.replace("\ud800", "\ufffd") for text in HOSTILE]
    assert [row["values"]["text"] for row in read["rows"]] == expected
    assert read["count"] == len(HOSTILE)


def test_csv_reads_back_and_nothing_in_it_computes() -> None:
    archive = opened(contents(content(words(), notes(*HOSTILE))))
    content_ = archive.read("data/shop/notes.csv")
    head, *rows = rows_of_csv(content_)
    assert head == ["number", "id", "belongs_to", "text"]
    cells = [row[3] for row in rows]
    for text, cell in zip(HOSTILE, cells, strict=True):
        shown = text.replace("\ud800", "\ufffd").replace("\x00", "\u2400").replace("\x07", "\u2407")
        assert unguarded(cell) == shown
        assert cell.lstrip(" \"'").lstrip()[:1] not in ("=", "@", "\uff1d") or cell.startswith("'")
    assert b"\x00" not in content_


def test_the_page_runs_nothing_loads_nothing_and_shows_hostile_texts_as_texts(
    tmp_path: Path,
) -> None:
    hostile = contents(
        content(words(label="your <b>notes</b>"), notes(*HOSTILE)),
        left_out=(LeftOut("<script>alert(3)</script>", "{{1}}", "why"),),
        brought=(
            Brought("the <i>archive</i>", "<script>alert(4)</script>", (brought_file(b"%PDF-1"),)),
        ),
    )
    opened(hostile).extractall(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        asked: list[str] = []
        trouble: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.on("console", lambda message: trouble.append(message.text))
        page.goto((tmp_path / "index.html").as_uri())
        text = page.inner_text("body")
        scripts = page.locator("script, img, iframe, link").count()
        browser.close()
    assert asked == [(tmp_path / "index.html").as_uri()]
    assert trouble == []
    assert scripts == 0
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}" in text
    assert "\u202e" not in text


def test_every_name_in_the_archive_is_ours_and_safe() -> None:
    table = words(("../../up", "C:\\x", "a" * 300, "con", "picture"), table="/etc/pass wd\x00")
    row = Record(1, None, None, {field.column: b"MZ\x00\x01" for field in table.fields}, ())
    other = words(("text",), table="/etc/pass-wd\x00")
    archive = opened(contents(content(table, [row]), content(other, notes("a"))))
    names = archive.namelist()
    assert len(set(names)) == len(names)
    for info in archive.infolist():
        assert len(info.filename) <= 100
        assert info.filename.isascii()
        assert info.filename.isprintable()
        assert not info.filename.startswith("/")
        assert ".." not in info.filename
        assert "\\" not in info.filename
        assert ":" not in info.filename
        assert (info.external_attr >> 16) & 0o170000 == 0o100000, "a plain file, no link"
        assert (info.external_attr >> 16) & 0o777 == 0o600
        assert not info.is_dir()
        assert zipfile.Path(archive, info.filename).is_file()
    assert archive.testzip() is None


def test_the_archive_takes_no_name_twice_and_none_from_elsewhere() -> None:
    archive = Archive(io.BytesIO(), MADE)
    with archive.entry("data/a.json", "application/json"):
        pass
    for name in ("data/a.json", "../a", "/a", "a/../b", "A", "a\\b", "a" * 101, ""):
        with pytest.raises(ValueError, match="name of ours"), archive.entry(name, "x"):
            pass


def test_files_lie_beside_the_data_and_are_named_there() -> None:
    table = words(("text", "picture"))
    png = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
    rows = [Record(1, "7", None, {"text": "a", "picture": png}, ())]
    archive = opened(contents(content(table, rows)))
    name = "attachments/shop/notes/000001-picture.png"
    assert archive.read(name) == png
    read = json.loads(archive.read("data/shop/notes.json"))
    assert read["rows"][0]["values"]["picture"] == {"file": name, "size": len(png)}
    assert rows_of_csv(archive.read("data/shop/notes.csv"))[1][4] == name
    assert f'href="{name}"' in archive.read("index.html").decode()


def test_what_colleagues_found_is_in_it_under_our_names() -> None:
    file = brought_file(b"%PDF-1.7 \x00\x01", name="../Jane Miller.exe")
    archive = opened(contents(brought=(Brought("the archive", "Two letters of 2019.", (file,)),)))
    assert archive.read("attachments/by-hand/01.pdf") == b"%PDF-1.7 \x00\x01"
    assert "../Jane Miller.exe" not in archive.namelist()
    assert "Two letters of 2019." in archive.read("index.html").decode()


def test_the_manifest_names_every_other_file_with_its_hash() -> None:
    import hashlib

    archive = opened(contents(content(words(), notes("a", "b"))))
    manifest = json.loads(archive.read("manifest.json"))
    assert [one["path"] for one in manifest["files"]] + ["manifest.json"] == archive.namelist()
    for one in manifest["files"]:
        held = archive.read(one["path"])
        assert (one["size"], one["sha256"]) == (len(held), hashlib.sha256(held).hexdigest())
    assert manifest["rows"] == 2


def test_json_files_fit_the_published_schema() -> None:
    table = words(("text", "picture"))
    row = Record(1, "7", "8", {"text": Decimal("1.20"), "picture": b"x"}, ("iban",))
    left_out = (LeftOut("your IBAN", "our shop", "never"),)
    archive = opened(contents(content(table, [row]), left_out=left_out))
    validator = jsonschema_rs.validator_for(SCHEMA)
    for name in archive.namelist():
        if name.endswith(".json"):
            validator.validate(json.loads(archive.read(name)))
    with pytest.raises(jsonschema_rs.ValidationError):
        validator.validate({**json.loads(archive.read("manifest.json")), "schema": "vera-export/2"})


def test_the_same_contents_make_the_same_bytes() -> None:
    given_ = contents(content(words(), notes(*HOSTILE)))
    assert packed(given_) == packed(given_)


def test_a_large_table_is_begun_on_the_page_and_whole_in_the_files() -> None:
    archive = opened(contents(content(words(), notes(*(f"note {n}" for n in range(1, 451))))))
    page = archive.read("index.html").decode()
    assert "note 200" in page
    assert "note 201" not in page
    assert "first 200 of 450" in page
    assert len(json.loads(archive.read("data/shop/notes.json"))["rows"]) == 450


def test_a_long_text_is_cut_on_the_page_only() -> None:
    archive = opened(contents(content(words(), notes("x" * 5000))))
    assert "x" * 2001 not in archive.read("index.html").decode()
    assert "x" * 5000 in archive.read("data/shop/notes.json").decode()


def test_money_reads_as_money_on_the_page_and_stays_exact_in_the_files() -> None:
    [field] = words(("total",)).fields
    told = replace(words(), fields=(replace(field, telling=Telling(in_cents=True, unit="EUR")),))
    archive = opened(contents(content(told, [Record(1, "1", None, {"total": 24070}, ())])))
    assert "240.70 EUR" in archive.read("index.html").decode()
    [row] = json.loads(archive.read("data/shop/notes.json"))["rows"]
    assert row["values"]["total"] == 24070


def test_an_empty_package_says_that_nothing_is_held() -> None:
    page = opened(contents(content(words(), []))).read("index.html").decode()
    assert "We looked here too and hold nothing: your notes (our shop)." in page
    assert "We hold no entries about you" in page


def test_an_estimate_is_near_what_comes_out() -> None:
    table = words(("number", "text", "when"))
    rows = [
        Record(n, str(n), None, {"number": f"O-{n:06d}", "text": f"note {n * 7919 % 1000}", "when": MADE + timedelta(hours=n)}, ())
        for n in range(1, 5001)
    ]  # fmt: skip
    size = len(packed(contents(content(table, rows))))
    estimated = table_bytes(table, len(rows), rows[:40])
    assert size / 3 < estimated < size * 3


# ---- arithmetic -----------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.binary(max_size=40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30))])),
    st.times(),
)


@given(values=st.dictionaries(st.text(max_size=8), VALUES, max_size=6), number=st.integers(1))
def test_a_record_comes_back_with_its_types(values: dict[str, Any], number: int) -> None:
    record = Record(number, "1", None, values, ("a",))
    line = to_line(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line) == record
    back = from_line(line).values
    assert [type(back[name]) for name in values] == [type(value) for value in values.values()]


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_a_guarded_cell_never_begins_a_formula_and_reads_back(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text
    assert cell[:1] not in set("=+-@")


@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_two_names_never_share_a_file(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)


def test_endings_follow_the_content() -> None:
    assert ending_of(b"%PDF-1.4") == "pdf"
    assert ending_of("Grüße".encode()) == "txt"
    assert ending_of(b"a" * 4095 + "ü".encode()) == "txt"
    assert ending_of(b"MZ\x90\x00") == "bin"
    assert ending_of(b"\xff\xfe\x00a") == "bin"
    assert ending_of(b"<html>") == "txt"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.30"), "12.30"),
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        (float("nan"), "nan"),
        (-5, -5),
        (True, True),
        (None, None),
    ],
)
def test_values_are_exact_in_json(value: Any, expected: Any) -> None:
    archive = opened(contents(content(words(), notes(value))))
    read = json.loads(archive.read("data/shop/notes.json"))
    assert read["rows"][0]["values"]["text"] == expected


def test_a_first_look_at_a_file_stops_early() -> None:
    written = 0

    def copy(sink: Any) -> None:
        nonlocal written
        for _ in range(1000):
            sink.write(b"x" * 1000)
            written += 1000

    assert head_of(copy) == b"x" * 4096
    assert written < 10_000


def brought_file(content: bytes, name: str = "letter.pdf") -> BroughtFile:
    return BroughtFile(
        name, len(content), content[:4096], lambda sink: None if sink.write(content) else None
    )

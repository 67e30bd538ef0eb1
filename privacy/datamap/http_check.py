"""Whether the description of an HTTP system holds together: placeholders that nobody fills in, rows
that cannot be erased though the map says so, an address that is none.

Each mistake is a place in the map and one sentence. No service is asked.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from privacy.datamap.http_parts import (
    CONTACTS,
    Call,
    ClientCredentials,
    Cursor,
    HttpSystem,
    HttpTable,
    Paging,
    Read,
)
from privacy.datamap.model import DataMap
from privacy.datamap.source import Place

type Finding = tuple[Place, str]

_OURS: Final = {"authorization", "cookie", "host", "content-length", "content-type", "accept", "connection",
                "transfer-encoding", "accept-encoding"}  # fmt: skip


def http_findings(datamap: DataMap) -> Iterator[Finding]:
    """Everything in the map's HTTP systems that does not fit."""
    for name, system in datamap.systems.items():
        if isinstance(system, HttpSystem):
            yield from _system(("systems", name), system)


def _system(place: Place, system: HttpSystem) -> Iterator[Finding]:
    yield from _address((*place, "base_url"), system.base_url, system.allow_private)
    if isinstance(system.auth, ClientCredentials):
        yield from _address(
            (*place, "auth", "token_url"), system.auth.token_url, system.allow_private
        )
    for name in system.headers:
        if name.lower() in _OURS:
            yield (
                (*place, "headers", name),
                "this header is set by Vera. Use auth, or leave it out.",
            )
    yield from _paging((*place, "paging"), system.paging)
    for name, table in system.tables.items():
        at = (*place, "tables", name)
        parent = system.tables.get(table.link.table) if table.link else None
        if table.link and table.link.also:
            yield (
                (*at, "link", "also"),
                "a service is asked by one value. Link by one, or leave also out.",
            )
        yield from _reads(at, table, parent)
        yield from _changes(at, table, parent)


def _address(place: Place, url: str, allow_private: bool) -> Iterator[Finding]:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        yield place, "this is not an address. Write one such as https://crm.example.com/api."
        return
    host = parts.hostname or ""
    if not host or not url.isascii() or any(sign in url for sign in " \\\t\r\n{}"):
        yield place, "this is not an address. Write one such as https://crm.example.com/api."
    elif parts.username is not None or parts.password is not None:
        yield place, "a name or password stands in this address. Describe it under auth."
    elif parts.query or parts.fragment or ".." in parts.path.split("/"):
        yield place, "an address ends before the ? or #. Write the query where something is asked."
    elif parts.scheme == "http" and not allow_private:
        yield (
            place,
            "over http:// anybody on the way can read. Write https://, or allow_private: true for a service inside the company.",
        )
    elif parts.scheme not in ("https", "http"):
        yield place, "only https:// is spoken here."


def _paging(place: Place, paging: Paging | None) -> Iterator[Finding]:
    if isinstance(paging, Cursor) and not paging.next:
        yield (*place, "next"), "this points to the whole answer. Say where the next page is told."


def _reads(place: Place, table: HttpTable, parent: HttpTable | None) -> Iterator[Finding]:
    allowed = {"", "key", "parent"} if parent else {"", "key"}
    described: set[str] = set()
    if table.identity:
        parts = (table.identity.email, table.identity.phone, table.identity.customer_number)
        described = {kind for kind, part in zip(CONTACTS, parts, strict=True) if part}
    for number, read in enumerate(table.read):
        at = (*place, "read", str(number))
        if read.asks_by not in allowed | set(CONTACTS):
            yield (
                at,
                "a read asks by one of {email}, {phone}, {customer_number}, {key} or {parent.COLUMN}.",
            )
        elif read.asks_by in CONTACTS and read.asks_by not in described:
            yield (
                at,
                f"this asks by {read.asks_by}, which the identity does not have. Add it there.",
            )
        yield from _parents(at, read, parent)
        yield from _paging((*at, "paging"), read.paging)
    if table.identity and not any(table.reads_by(kind) for kind in described):
        yield (
            (*place, "read"),
            "nobody can be found here. Add a read that asks by {email}, {phone} or {customer_number}.",
        )
    if table.identity and table.identity.person == "row" and not table.reads_by("key"):
        yield (*place, "read"), "a person who was found is asked for again. Add a read with {key}."
    if not table.identity and parent and not table.reads_by("parent"):
        yield (
            (*place, "read"),
            "nothing asks for the rows of one person. Add a read with {parent.COLUMN}.",
        )


def _changes(place: Place, table: HttpTable, parent: HttpTable | None) -> Iterator[Finding]:
    calls: list[tuple[str, Call]] = [
        (word, call)
        for word, call in (("correct", table.correct), ("stop", table.stop), ("erase", table.erase))
        if isinstance(call, Call)
    ]
    for word, call in calls:
        known = {"key", "changes"} | {f"value.{column}" for column in table.columns()}
        for name in sorted(call.placeholders()):
            if name not in known and not name.startswith("parent."):
                yield (
                    (*place, word),
                    f"nothing fills in {{{name}}} here. Use {{key}}, {{parent.COLUMN}} or {{value.COLUMN}}.",
                )
        if "changes" in call.in_path() | {n for text in call.query.values() for n in _names(text)}:
            yield (*place, word), "{changes} belongs into a body."
        yield from _parents((*place, word), call, parent)
    if calls and not table.row_key:
        yield place, "nothing names a row, so none can be changed. Name the column in key."
    elif table.row_key and table.row_key not in table.columns():
        yield (*place, "key"), f"{table.row_key} is not described. Name it under technical."
    for column in {*table.columns_at, *table.neutral} - {*table.columns()}:
        yield (
            place,
            f"nothing is said about {column}. Describe it under fields, or name it under technical.",
        )
    acts = {table.on_delete.act} | {f.on_delete.act for f in table.fields.values() if f.on_delete}
    if "erase" in acts and table.erase is None and table.correct is None:
        yield place, "deletion erases here, but nothing says how. Describe erase, or correct."
    if table.erase == "with_parent" and parent is None:
        yield (*place, "erase"), "with_parent needs a link to the row that it goes with."
    if "anonymise" in acts and table.correct is None:
        yield place, "deletion anonymises here, but nothing says how. Describe correct."
    if any(f.correct for f in table.fields.values()) and table.correct is None:
        yield place, "a field may be corrected, but nothing says how. Describe correct."
    if table.stops and table.stop is None and table.correct is None:
        yield place, "a use can be stopped, but nothing says how. Describe stop, or correct."


def _parents(place: Place, call: Call, parent: HttpTable | None) -> Iterator[Finding]:
    for name in sorted(call.placeholders()):
        column = name.removeprefix("parent.")
        if column != name and (parent is None or column not in parent.columns()):
            yield (
                place,
                f"the row it is linked to has no column {column}. Describe it there under technical.",
            )
        if isinstance(call, Read) and name.startswith("value."):
            yield place, f"{{{name}}} is not known before the row is read."


def _names(text: str) -> set[str]:
    return Call(method="GET", path="/", query={"q": text}).placeholders()

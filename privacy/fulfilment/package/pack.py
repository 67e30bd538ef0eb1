"""Writes a whole package, front to back: the page to read, then data, attachments and the list of files."""

from collections.abc import Iterator
from typing import IO
from zoneinfo import ZoneInfo

from privacy.crashpoints import crashpoint
from privacy.fulfilment.package.archive import Archive
from privacy.fulfilment.package.contents import Contents, TableContent
from privacy.fulfilment.package.csv_writer import write_csv
from privacy.fulfilment.package.index_page import write_index
from privacy.fulfilment.package.json_writer import write_json
from privacy.fulfilment.package.manifest import manifest
from privacy.fulfilment.package.names import brought_file, data_file, ending_of
from privacy.fulfilment.package.naming import with_files
from privacy.fulfilment.package.records import Record

_MEDIA = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "zip": "application/zip",
    "txt": "text/plain",
    "bin": "application/octet-stream",
}


def pack(sink: IO[bytes], contents: Contents, zone: ZoneInfo) -> tuple[int, str]:
    """Write the package into `sink`; returns its size and SHA-256.

    Reads each table several times, one row at a time. Raises what reading the rows raises.
    """
    archive = Archive(sink, contents.made_at)
    with archive.entry("index.html", "text/html") as stream:
        write_index(stream, contents, zone)
    for table in contents.tables:
        _data(archive, table)
        crashpoint("pack:table")
    for table in contents.tables:
        if table.files:
            _attachments(archive, table)
    _brought(archive, contents)
    files = tuple(archive.files)
    with archive.entry("manifest.json", "application/json") as stream:
        stream.write(manifest(contents, files))
    return archive.close()


def _data(archive: Archive, table: TableContent) -> None:
    words = table.words
    with archive.entry(data_file(words.system, words.table, "json"), "application/json") as stream:
        write_json(stream, words, table.rows, _named(table))
    with archive.entry(data_file(words.system, words.table, "csv"), "text/csv") as stream:
        write_csv(stream, words, _named(table))


def _named(table: TableContent) -> Iterator[tuple[Record, dict[str, str]]]:
    for record in table.records():
        yield record, with_files(table.words, record)


def _attachments(archive: Archive, table: TableContent) -> None:
    for record, files in _named(table):
        for column, name in files.items():
            content = record.values[column]
            assert isinstance(content, bytes)
            with archive.entry(name, _MEDIA[name.rpartition(".")[2]]) as stream:
                stream.write(content)


def _brought(archive: Archive, contents: Contents) -> None:
    files = [file for one in contents.brought for file in one.files]
    for number, file in enumerate(files, start=1):
        ending = ending_of(file.head)
        with archive.entry(brought_file(number, ending), _MEDIA[ending]) as stream:
            file.copy(stream)

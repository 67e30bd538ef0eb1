"""Names of the files inside a package, all made by us (S-44): lower case, digits, dashes and underscores, nothing of the
customer's, nothing that a system wrote.
"""

import hashlib
import re
from typing import Final

SCHEMA: Final = "vera-export/1"
TABLE_SCHEMA: Final = "vera-export-table/1"

_LONGEST: Final = 40
_OTHER: Final = re.compile(r"[^a-z0-9_]+")
# Names that Windows keeps for itself.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")


def slug(name: str) -> str:
    """A file name for a name of the data map; different names never share one."""
    plain = _OTHER.sub("-", name.lower()).strip("-_")[:_LONGEST].strip("-_")
    if plain == name and not _RESERVED.fullmatch(plain):
        return plain
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'table'}-{mark}"


def data_file(system: str, table: str, ending: str) -> str:
    """ "data/shop/orders.json"."""
    return f"data/{slug(system)}/{slug(table)}.{ending}"


def attachment_file(system: str, table: str, number: int, column: str, ending: str) -> str:
    """ "attachments/shop/photos/000012-picture.bin": the row's number, and the column."""
    return f"attachments/{slug(system)}/{slug(table)}/{number:06d}-{slug(column)}.{ending}"


def brought_file(number: int, ending: str) -> str:
    """A file that a colleague found: "attachments/by-hand/01.pdf"."""
    return f"attachments/by-hand/{number:02d}.{ending}"


# By the first bytes, never by what somebody called the file. Only what a customer's computer shows, not what it runs.
_ENDINGS: Final = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"PK\x03\x04", "zip"),
)


def ending_of(content: bytes) -> str:
    """The ending that fits what a file begins with: "txt" for plain text, else "bin"."""
    for first, ending in _ENDINGS:
        if content.startswith(first):
            return ending
    head = content[:4096]
    if b"\x00" not in head:
        try:
            head.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:
                return "bin"
        return "txt"
    return "bin"

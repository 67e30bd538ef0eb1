"""The list of a package: what it is, for which request, and every file with size and hash, so that anybody
can check that nothing is missing and nothing was changed.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC

from privacy.fulfilment.package.contents import Contents
from privacy.fulfilment.package.names import SCHEMA


@dataclass(frozen=True, slots=True)
class FileNote:
    """One file of the package."""

    path: str
    size: int
    sha256: str
    media_type: str


def manifest(contents: Contents, files: Iterable[FileNote]) -> bytes:
    """`manifest.json`; it lists every file but itself."""
    content = {
        "schema": SCHEMA,
        "company": contents.company,
        "request": contents.reference,
        "made_at": contents.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "scope": contents.scope,
        "rows": contents.rows,
        "files": [asdict(file) for file in files],
        "left_out": [asdict(one) for one in contents.left_out],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()

"""The doors' own files under an address that changes with their content, so browsers may keep them for good.

The version stands in the path, not in a query: what a module imports relatively is versioned with it.
"""

import hashlib
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"


def version_of(folder: Path = FOLDER) -> str:
    """A fingerprint of all files in the folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(
                str(path.relative_to(folder)).encode() + b"\x00" + path.read_bytes() + b"\x00"
            )
    return digest.hexdigest()[:12]


class _KeptFiles(StaticFiles):
    def __init__(self, version: str) -> None:
        super().__init__(directory=FOLDER)
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # While a new release is rolled out a page may ask an older copy: it answers, but nobody keeps it.
        same = scope.get("path_params", {}).get("version") == self._version
        kept = "public, max-age=31536000, immutable" if same else "no-cache"

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["Cache-Control"] = kept
            await send(message)

        await super().__call__(scope, receive, send_kept)


def static_mount(version: str) -> Mount:
    """The route that serves the folder."""
    return Mount("/static/{version}", app=_KeptFiles(version), name="static")

"""Server-sent events as cheaply as they can be heard: thousands of streams in one process must not be what is measured."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

_LONGEST_LINE = 2**20


class Refused(Exception):
    """The stream was not opened; the text is the status line of the answer."""


async def events(
    base: str, path: str, headers: Mapping[str, str]
) -> AsyncIterator[tuple[str, Any]]:
    """What comes, until the other side ends it; first ("opened", None). Raises Refused, OSError.

    The chunks of the answer are not put together: the service writes an event as one, so their lengths stand between
    events and are passed over like any other line that is no field.
    """
    address = urlsplit(base)
    reader, writer = await asyncio.open_connection(
        address.hostname, address.port, limit=_LONGEST_LINE
    )
    try:
        given = {"Host": address.netloc, "Accept": "text/event-stream", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        status = (await reader.readline()).decode().strip()
        if " 200 " not in f"{status} ":
            raise Refused(status or "closed")
        yield "opened", None
        kind = ""
        while line := await reader.readline():
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

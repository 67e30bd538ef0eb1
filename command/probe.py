"""Asks a local server, in as few bytes as possible, whether it is there."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit


async def answers(url: str, patience: float = 3.0) -> bool:
    """Whether a GET of `url` is answered with 200. For `tcp://host:port`: whether somebody listens."""
    with suppress(OSError, ValueError, TimeoutError, IndexError, asyncio.IncompleteReadError):
        async with asyncio.timeout(patience):
            return await _ask(url)
    return False


async def _ask(url: str) -> bool:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        if parts.scheme == "tcp":
            return True
        request = (
            f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode())
        await writer.drain()
        line = await reader.readline()
        return line.split()[1] == b"200"
    finally:
        writer.close()

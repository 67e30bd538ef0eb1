"""A file as an answer: streamed, never kept, never opened by the browser itself."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import anyio
from anyio import to_thread
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse

from web.chat.requests.views import Download


class FileAnswer(StreamingResponse):
    """One download (security.md S-45)."""

    def __init__(self, download: Download) -> None:
        # RFC 6266: the plain name for old clients, the encoded one for all others.
        plain = "".join(
            c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in download.filename
        )
        named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(download.filename, safe='')}"
        headers = {
            "Content-Disposition": named,
            "Content-Length": str(download.size),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        }
        super().__init__(_closing(download), headers=headers, media_type=download.media_type)


async def _closing(download: Download) -> AsyncIterator[bytes]:
    try:
        async for chunk in iterate_in_threadpool(download.chunks):
            yield chunk
    finally:
        # Also when the browser goes away: the file must not stay open until it is collected.
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(download.close)

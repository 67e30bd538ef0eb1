"""Asking the provider: JSON over HTTPS, within bounds of time and size, and never where it redirects to."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from privacy.agents.errors import ProviderAway, ProviderFailed
from privacy.agents.provider.setting import is_here, is_safe

LARGEST: Final = 512 * 1024  # bytes: the documents of large providers have some 20 KiB
PATIENCE: Final = 8.0  # seconds for an answer as a whole


class Line:
    """One question at a time, each over a connection of its own: people sign in rarely."""

    def __init__(
        self, *, patience: float = PATIENCE, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._patience = patience
        self._transport = transport

    async def get(self, address: str) -> Mapping[str, Any]:
        """A JSON object. Raises ProviderAway, ProviderFailed."""
        return await self._ask("GET", address, {}, None)

    async def post(self, address: str, headers: Mapping[str, str], body: str) -> Mapping[str, Any]:
        """The JSON object that answers a form. Raises ProviderAway, ProviderFailed."""
        return await self._ask("POST", address, headers, body.encode())

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, Any]:
        if not is_safe(address):
            raise ProviderFailed("an address of the provider is not https")
        try:
            async with asyncio.timeout(self._patience), self._client(address) as client:
                # Nothing packed, so that what is counted is all there is.
                plain = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
                async with client.stream(method, address, headers=plain, content=body) as answer:
                    return _understood(answer.status_code, await _read(answer))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise ProviderAway(f"no answer ({type(error).__name__})") from None

    def _client(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=self._patience,
            follow_redirects=False,
            trust_env=not is_here(urlsplit(address).hostname or ""),
            transport=self._transport,
        )


async def _read(answer: httpx.Response) -> bytes:
    kept = bytearray()
    async for chunk in answer.aiter_raw():
        kept += chunk
        if len(kept) > LARGEST:
            raise ProviderFailed("an answer is too large")
    return bytes(kept)


def _understood(status: int, body: bytes) -> Mapping[str, Any]:
    if status >= 500 or status == 429:
        raise ProviderAway(f"answers with status {status}")
    if status != 200:
        raise ProviderFailed(f"answers with status {status}")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderFailed("an answer is not JSON") from None
    if not isinstance(said, dict):
        raise ProviderFailed("an answer is not an object")
    return said

"""A door with the in-memory twin behind it, served by uvicorn on a free port, and a browser to look at it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.applications import Starlette

from privacy.settings import Settings
from tests.web.twin import Twin
from tools.browser import find_browser
from web.chat.app import create_app
from web.chat.requests.gate import PageLimits
from web.chat.requests.port import Requests
from web.chat.talk import Limits

WORDS = {
    "message_empty": "There is nothing to read in that message.",
    "message_too_long": "That message is too long for me.",
    "too_many_messages": "That was a lot at once.",
    "conversation_gone": "That conversation has ended. This is a new one.",
    "assistant_away": "I can't answer right now. Your message is saved.",
    "unexpected": "Something on our side failed just now.",
}
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Door:
    """A running door."""

    url: str
    port: int
    twin: Twin
    server: uvicorn.Server

    def client(self, **more: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=10, trust_env=False, **more)


@contextmanager
def served(app: Starlette, port: int = 0) -> Iterator[tuple[int, uvicorn.Server]]:
    """The application on a socket of its own."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, proxy_headers=False, timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield listener.getsockname()[1], server
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()


@contextmanager
def opened(
    limits: Limits | None = None,
    port: int = 0,
    twin: Twin | None = None,
    requests: Requests | None = None,
    page_limits: PageLimits | None = None,
    **settings: Any,
) -> Iterator[Door]:
    """A door with these settings."""
    twin = twin or Twin()
    app = create_app(
        twin, Settings(**settings), lambda code, _: WORDS[code], limits, requests, page_limits
    )
    with served(app, port) as (port, server):
        yield Door(f"http://127.0.0.1:{port}", port, twin, server)


@pytest.fixture
def door() -> Iterator[Door]:
    with opened(allowed_origins="https://shop.example") as door:
        yield door


@pytest.fixture
def client(door: Door) -> Iterator[httpx.Client]:
    with door.client() as client:
        yield client


def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


# The browser is closed after each module: while it runs, its event loop is in the way of asynchronous tests.


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(6_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()

"""Server-sent events: replay, live, rotation, and what happens to those who stay too long or too often."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.web.conftest import Door, opened, until
from tests.web.forms import PlainBrowser
from web import server_sent_events
from web.chat.talk import Limits

HOME = "/api/v1/conversations"


class Heard:
    """The events of one stream, collected in the background."""

    def __init__(self, response: httpx.Response) -> None:
        self.events: list[tuple[str, str, Any]] = []
        self.comments = 0
        self.ended = False
        self._response = response
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        event = {"id": "", "event": "message"}
        try:
            for line in self._response.iter_lines():
                if line.startswith(":"):
                    self.comments += 1
                elif line.startswith("data: "):
                    self.events.append((event["event"], event["id"], json.loads(line[6:])))
                    event = {"id": "", "event": "message"}
                elif ": " in line:
                    name, value = line.split(": ", 1)
                    event[name] = value
        except httpx.HTTPError:
            pass
        self.ended = True

    @property
    def texts(self) -> list[str]:
        return [data["text"] for name, _, data in self.events if name == "message"]

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.events]


@contextmanager
def listening(client: httpx.Client, path: str = "/chat/stream", **more: Any) -> Iterator[Heard]:
    with client.stream("GET", path, **more) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["cache-control"] == "no-store"
        yield Heard(response)
        response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def wait_for_texts(heard: Heard, texts: list[str]) -> None:
    until(lambda: heard.texts == texts)


def test_it_goes_on_after_the_last_seen_event(door: Door, client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    browser.write("one")
    (said,) = door.twin.said.values()
    for after in (0, said[0].id, said[1].id):
        missed = [message.text for message in said if message.id > after]
        with listening(client, headers={"Last-Event-ID": str(after)}) as heard:
            wait_for_texts(heard, missed)
    with listening(client, params={"after": str(said[1].id)}) as heard:
        until(lambda: len(heard.texts) == 1)
    assert [event_id for _, event_id, _ in heard.events] == [str(said[2].id)]


def test_what_is_said_now_arrives_with_typing_around_it(door: Door, client: httpx.Client) -> None:
    browser = PlainBrowser(client)
    (said,) = door.twin.said.values()
    with (
        listening(client, headers={"Last-Event-ID": str(said[-1].id)}) as heard,
        door.client(cookies=client.cookies) as other,
    ):
        browser.client = other
        browser.write("hello")
        until(lambda: len(heard.events) == 4)
    assert heard.names == ["message", "typing", "message", "typing"]
    assert heard.texts == ["hello", "You said: hello"]
    assert [data["on"] for name, _, data in heard.events if name == "typing"] == [True, False]


def test_the_old_key_hears_closed_when_the_session_is_renewed(
    door: Door, client: httpx.Client
) -> None:
    token = client.post(HOME, json={}).json()["token"]
    key = {"Authorization": f"Bearer {token}"}
    with listening(client, f"{HOME}/current/events", headers=key) as heard, door.client() as other:
        until(lambda: len(heard.texts) == 1)
        other.post(
            f"{HOME}/current/messages",
            json={"text": "123456", "client_id": "the-code-1"},
            headers=key,
        )
        until(lambda: heard.ended)
    assert heard.names[-1] == "closed"
    assert client.get(f"{HOME}/current/events", headers=key).status_code == 401


def test_without_a_session_there_is_no_stream(client: httpx.Client) -> None:
    assert client.get("/chat/stream").status_code == 401
    assert client.get(f"{HOME}/current/events").status_code == 401


def test_a_sign_of_life_keeps_the_line_open_and_the_end_tidies_up(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_sent_events, "HEARTBEAT_SECONDS", 0.05)
    PlainBrowser(client)
    (listeners,) = door.twin.listeners.values()
    with listening(client) as heard:
        until(lambda: heard.comments >= 3)
        assert len(listeners) == 1
    until(lambda: not listeners)


def test_a_stream_ends_by_itself_after_a_while(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_sent_events, "LIFETIME_SECONDS", 0.2)
    PlainBrowser(client)
    (listeners,) = door.twin.listeners.values()
    with listening(client) as heard:
        until(lambda: heard.ended)
    assert not listeners


def test_one_conversation_holds_only_a_few_streams() -> None:
    with opened(Limits(streams_per_conversation=2)) as door, door.client() as client:
        PlainBrowser(client)
        with listening(client), listening(client):
            assert (
                client.get("/chat/stream", headers={"Accept": "application/json"}).json()["code"]
                == "too_many_streams"
            )
        until(lambda: not next(iter(door.twin.listeners.values())))
        with listening(client):
            pass

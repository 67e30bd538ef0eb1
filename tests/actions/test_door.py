"""The action door: opened by the secret alone, answers what Rasa 3.6 expects, and tells nothing when it fails."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from rasa_sdk.interfaces import Action, ActionExecutionRejection
from sqlalchemy import select

import actions.server
from actions.registry import all_actions
from actions.server import MAX_BODY, create_app
from privacy.store.tables.requests import draft
from privacy.wiring import Vera
from tests.actions.calls import Call

SECRET = "a secret of the house"
CANARY = "jane.miller@example.com"


class Rejecting(Action):
    def name(self) -> str:
        return "action_rejects"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        raise ActionExecutionRejection("action_rejects", f"because of {CANARY}")


class Failing(Action):
    def name(self) -> str:
        return "action_fails"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        raise RuntimeError(CANARY)


class Odd(Action):
    """Returns what is no event, which the executor itself stumbles over."""

    def name(self) -> str:
        return "action_odd"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        return [CANARY]


@pytest.fixture
async def door(vera: Vera, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(
        actions.server, "all_actions", lambda v: [*all_actions(v), Rejecting(), Failing(), Odd()]
    )
    transport = httpx.ASGITransport(create_app(vera, SECRET))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://actions",
        headers={"Authorization": f"Bearer {SECRET}"},
    ) as client:
        yield client


def call(action: str, **more: Any) -> dict[str, Any]:
    """A call whose tracker is full of personal data, as a mistake of ours might send it."""
    return Call(action, text=CANARY, entities={"contact": CANARY}, **more).as_json()


async def test_the_recorded_call_of_rasa_is_understood(door: httpx.AsyncClient, vera: Vera) -> None:
    opened = vera.conversations.open("web", "en")
    answer = await door.post(
        "/webhook", json=Call("action_begin_access", opened.conversation).as_json()
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [said["response"] for said in body["responses"]] == ["utter_begin_access"]
    assert {"event": "followup", "timestamp": None, "name": "verify_form"} in body["events"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        SECRET,
        f"bearer {SECRET}",
    ],
)
async def test_nobody_comes_in_without_the_secret(
    door: httpx.AsyncClient, vera: Vera, header: str
) -> None:
    answer = await door.post(
        "/webhook", json=call("action_begin_access"), headers={"Authorization": header}
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "not allowed"})
    with vera.database.read() as tx:
        begun = tx.execute(select(draft.c.conversation)).scalars().all()
    assert "web:recorded" not in begun


@pytest.mark.parametrize(
    ("action", "status", "body"),
    [
        ("action_fails", 500, {"error": "RuntimeError"}),
        ("action_rejects", 400, {"error": "rejected", "action_name": "action_rejects"}),
        ("action_unheard_of", 404, {"error": "unknown action", "action_name": "action_unheard_of"}),
    ],
)
async def test_an_error_is_a_class_or_a_name_and_nothing_else(
    door: httpx.AsyncClient,
    action: str,
    status: int,
    body: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = await door.post("/webhook", json=call(action))
    assert (answer.status_code, answer.json()) == (status, body)
    assert CANARY not in answer.text


async def test_what_an_action_should_not_return_is_not_echoed(door: httpx.AsyncClient) -> None:
    answer = await door.post("/webhook", json=call("action_odd"))
    assert answer.status_code in (200, 500)
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"not JSON " + CANARY.encode(), b"[]", b"null", b'"text"', b"{}", b"\xff"]
)
async def test_a_body_of_another_shape_is_refused_and_not_echoed(
    door: httpx.AsyncClient, raw: bytes
) -> None:
    answer = await door.post("/webhook", content=raw)
    assert CANARY not in answer.text
    if answer.status_code == 200:
        assert answer.json() == {"events": [], "responses": []}, "a call that names no action"
    else:
        assert set(answer.json()) <= {"error", "action_name"}


async def test_a_bomb_is_refused(door: httpx.AsyncClient) -> None:
    answer = await door.post("/webhook", content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413


async def test_there_is_no_other_door(door: httpx.AsyncClient) -> None:
    assert (await door.get("/webhook")).status_code == 405
    for path in ("/", "/actions", "/health", "/docs", "/webhook/"):
        assert (await door.get(path)).status_code in (404, 307), path


@pytest.mark.parametrize("secret", ["", "short", "x" * 15])
def test_it_does_not_open_without_a_secret(vera: Vera, secret: str) -> None:
    with pytest.raises(ValueError, match="at least 16"):
        create_app(vera, secret)

"""The JSON API: tokens, repeats, problems, other websites, and its description."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
from starlette.routing import Mount, Route

from privacy import errors
from privacy.settings import Settings
from tests.web.conftest import WORDS, Door, opened
from tests.web.twin import CHOICES, GREETING, Twin
from web.chat.api import description
from web.chat.app import create_app
from web.chat.problems import Problems
from web.chat.talk import Limits
from web.problems import DoorProblem
from web.rate_limits import Rate

HOME = "/api/v1/conversations"
SHOP = "https://shop.example"


def start(client: httpx.Client) -> dict[str, str]:
    answer = client.post(HOME, json={})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def send(
    client: httpx.Client, key: dict[str, str], text: Any, client_id: Any = "message-0001"
) -> httpx.Response:
    return client.post(
        f"{HOME}/current/messages", json={"text": text, "client_id": client_id}, headers=key
    )


def test_open_send_read(client: httpx.Client) -> None:
    opening = client.post(HOME, json={"language": "en"}).json()
    assert [message["text"] for message in opening["messages"]] == [GREETING]
    key = {"Authorization": f"Bearer {opening['token']}"}
    answer = send(client, key, "hello")
    assert answer.status_code == 201
    assert answer.json()["duplicate"] is False and answer.json()["token"] is None
    said = client.get(
        f"{HOME}/current/messages", params={"after": opening["messages"][-1]["id"]}, headers=key
    ).json()
    assert said["messages"][0]["text"] == "hello"
    assert said["messages"][0]["client_id"] == "message-0001"


def test_a_repeat_is_taken_once(client: httpx.Client) -> None:
    key = start(client)
    first, second = send(client, key, "hello"), send(client, key, "hello")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["message_id"] == second.json()["message_id"]
    assert second.json()["duplicate"] is True
    own = [
        m
        for m in client.get(f"{HOME}/current/messages", headers=key).json()["messages"]
        if m["author"] == "customer"
    ]
    assert len(own) == 1


def test_choices_are_pressed_by_their_id(client: httpx.Client) -> None:
    opening = client.post(HOME, json={}).json()
    key = {"Authorization": f"Bearer {opening['token']}"}
    choices = opening["messages"][-1]["choices"]
    assert [choice["label"] for choice in choices] == list(CHOICES)
    body = {"choice_id": choices[0]["id"], "client_id": "choice-00001"}
    assert client.post(f"{HOME}/current/choices", json=body, headers=key).status_code == 201
    said = client.get(f"{HOME}/current/messages", headers=key).json()["messages"]
    assert said[1]["text"] == CHOICES[0]


def test_the_token_changes_when_somebody_proves_who_they_are(client: httpx.Client) -> None:
    old = start(client)
    token = send(client, old, "123456").json()["token"]
    assert token
    assert client.get(f"{HOME}/current/messages", headers=old).status_code == 401
    assert (
        client.get(
            f"{HOME}/current/messages", headers={"Authorization": f"Bearer {token}"}
        ).status_code
        == 200
    )
    # The answer with the new token was lost: the same message tells it again, another one does not.
    assert send(client, old, "123456").json()["token"] == token
    assert send(client, old, "something else", "message-0002").status_code == 401


def test_only_the_header_carries_the_key(client: httpx.Client) -> None:
    token = client.post(HOME, json={}).json()["token"]
    path = f"{HOME}/current/messages"
    assert (
        client.get(path, headers={"Cookie": f"vera_session={token}"}).json()["code"] == "no_token"
    )
    assert client.get(path, params={"token": token}).json()["code"] == "no_token"
    assert (
        client.get(path, headers={"Authorization": f"Basic {token}"}).json()["code"] == "no_token"
    )
    assert client.get(path, headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_thousand_guesses_open_nothing(door: Door, client: httpx.Client) -> None:
    start(client)
    statuses = {
        client.get(
            f"{HOME}/current/messages", headers={"Authorization": f"Bearer guess-{n}"}
        ).status_code
        for n in range(400)
    }
    assert statuses <= {401, 429}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "", "client_id": "message-0001"}, "message_empty"),
        ({"text": "x" * 2_001, "client_id": "message-0001"}, "message_too_long"),
        ({"text": "x" * 60_000, "client_id": "message-0001"}, "message_too_long"),
        ({"text": "hello"}, "malformed"),
        ({"text": 1, "client_id": "message-0001"}, "malformed"),
        ({"text": ["x"], "client_id": "message-0001"}, "malformed"),
        ({"text": "hello", "client_id": "short"}, "malformed"),
        ({"text": "hello", "client_id": "a/../../b12345"}, "malformed"),
        ({"text": "hello", "client_id": "x" * 65}, "malformed"),
        ({"text": "away", "client_id": "message-0001"}, "assistant_away"),
        ([], "malformed"),
    ],
)
def test_problems_are_told_as_rfc_9457(client: httpx.Client, body: Any, code: str) -> None:
    answer = client.post(f"{HOME}/current/messages", json=body, headers=start(client))
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == code
    assert told["status"] == answer.status_code
    assert {"type", "title", "detail"} <= told.keys()
    assert told["detail"] == WORDS.get(code, told["detail"])


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 40_000, b'"text"'])
def test_what_is_not_json_is_told_so(client: httpx.Client, raw: bytes) -> None:
    headers = {**start(client), "Content-Type": "application/json"}
    assert (
        client.post(f"{HOME}/current/messages", content=raw, headers=headers).json()["code"]
        == "malformed"
    )


def test_a_form_is_not_a_call(client: httpx.Client) -> None:
    answer = client.post(f"{HOME}/current/messages", data={"text": "x"}, headers=start(client))
    assert answer.status_code == 415


def test_broken_surrogates_and_control_characters_are_cleaned(client: httpx.Client) -> None:
    key = start(client)
    headers = {**key, "Content-Type": "application/json"}
    raw = b'{"text": "a\\ud800b\\u0000\\r\\nc", "client_id": "message-0001"}'
    assert client.post(f"{HOME}/current/messages", content=raw, headers=headers).status_code == 201
    said = client.get(f"{HOME}/current/messages", headers=key).json()["messages"]
    assert said[1]["text"] == "a\ufffdb\nc"


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "٣"])
def test_a_place_that_cannot_be_is_told_so(client: httpx.Client, after: str) -> None:
    key = start(client)
    for path in ("messages", "events"):
        answer = client.get(f"{HOME}/current/{path}", params={"after": after}, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_listed_website_may_call_and_another_may_not(client: httpx.Client) -> None:
    answer = client.post(HOME, json={}, headers={"Origin": SHOP})
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-credentials" not in answer.headers
    preflight = client.options(
        f"{HOME}/current/messages",
        headers={
            "Origin": SHOP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == SHOP
    for origin in (
        "https://evil.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "null",
    ):
        refused = client.post(HOME, json={}, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in client.options(HOME, headers=asked).headers


def test_the_page_itself_is_never_shared_with_other_websites(client: httpx.Client) -> None:
    assert (
        "access-control-allow-origin" not in client.get("/chat", headers={"Origin": SHOP}).headers
    )


def test_the_door_may_call_itself(door: Door, client: httpx.Client) -> None:
    assert client.post(HOME, json={}, headers={"Origin": door.url}).status_code == 201


def test_openings_are_limited_for_each_address() -> None:
    with (
        opened(Limits(openings_per_address=Rate(3, 0.01)), trusted_proxies=1) as door,
        door.client() as client,
    ):
        for n in range(3):
            # What the sender claims itself, at the left, changes nothing.
            headers = {"X-Forwarded-For": f"10.9.8.{n}, 203.0.113.7"}
            assert client.post(HOME, json={}, headers=headers).status_code == 201
        refused = client.post(HOME, json={}, headers={"X-Forwarded-For": "10.1.1.1, 203.0.113.7"})
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        other = client.post(HOME, json={}, headers={"X-Forwarded-For": "203.0.113.7, 203.0.113.8"})
        assert other.status_code == 201


# The description


def test_every_route_is_described() -> None:
    app = create_app(Twin(), Settings(), lambda code, _: code)
    served = {
        (f"{mount.path}{route.path}", method)
        for mount in app.routes
        if isinstance(mount, Mount) and mount.path == "/api/v1"
        for route in mount.routes or []
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method.upper())
        for path, methods in description()["paths"].items()
        for method in methods
    }
    assert served == described


def contents(node: Any) -> list[tuple[dict[str, Any], Any]]:
    """Every (schema, example) in the description."""
    if isinstance(node, dict):
        own = [(node["schema"], node["example"])] if "schema" in node and "example" in node else []
        return own + [found for value in node.values() for found in contents(value)]
    return [found for value in node for found in contents(value)] if isinstance(node, list) else []


def valid(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": description()["components"]}
    jsonschema_rs.validator_for(whole).validate(value)


def test_every_example_is_what_its_schema_says() -> None:
    examples = contents(description())
    assert len(examples) >= 9
    for schema, example in examples:
        valid(schema, example)


def test_real_answers_are_what_the_schema_says(client: httpx.Client) -> None:
    schemas = description()["components"]["schemas"]
    opening = client.post(HOME, json={}).json()
    valid(schemas["Opened"], opening)
    key = {"Authorization": f"Bearer {opening['token']}"}
    valid(schemas["Accepted"], send(client, key, "see https://a.example.").json())
    for message in client.get(f"{HOME}/current/messages", headers=key).json()["messages"]:
        valid(schemas["Message"], message)
    valid(schemas["Problem"], send(client, key, "").json())


def test_the_description_is_served_and_readable(door: Door, client: httpx.Client) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert served["servers"]
    page = client.get("/api/v1/docs").text
    for path in served["paths"]:
        assert path in page
    for code in served["x-problems"]:
        assert f'id="problem-{code}"' in page


def test_every_problem_of_a_door_is_described() -> None:
    listed = description()["x-problems"]
    problems = Problems(lambda code, _: code)
    for code, told in listed.items():
        assert problems.status(code) == told["status"]
    known = {
        cls.code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.Problem)
    }
    doors_own = set(listed) - known
    for code in doors_own:
        assert Problems(lambda *_: "").words(code, "en"), code
    assert DoorProblem("not_found").code == "not_found"

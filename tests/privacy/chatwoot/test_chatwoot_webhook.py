"""Whoever is not Chatwoot rings nothing; and whatever rings puts no word into a conversation by itself."""

import json
from datetime import timedelta
from typing import Any

from tests.driving.chatwoot import ADA, SECRET
from tests.privacy.chatwoot.chatwoot_world import ChatwootWorld


async def _waiting(world: ChatwootWorld) -> None:
    world.stub.online = {ADA}
    await world.staff.look()
    world.says("A person")
    world.asks()
    await world.carry()


def _told(world: ChatwootWorld, **changes: Any) -> bytes:
    told = {
        "event": "message_created",
        "id": 5000,
        "content": "I am your agent. Tell me your code.",
        "message_type": "outgoing",
        "private": False,
        "sender": {"id": ADA, "name": "Ada", "type": "user"},
        "conversation": {"id": world.stub.talk.number},
    }
    return json.dumps(told | changes).encode()


async def test_a_forged_call_rings_nothing(world: ChatwootWorld) -> None:
    await _waiting(world)
    body, now = _told(world), world.clock.now().timestamp()
    right = world.stub.signed(body, now)
    forged = [
        world.stub.signed(body, now, "another secret of somebody"),
        world.stub.signed(body + b" ", now),
        right | {"x-chatwoot-timestamp": str(int(now) + 1)},
        right | {"x-chatwoot-timestamp": "now"},
        right | {"x-chatwoot-timestamp": "١"},
        right | {"x-chatwoot-signature": "sha256=é"},
        right | {"x-chatwoot-signature": right["x-chatwoot-signature"].removeprefix("sha256=")},
        {name: value for name, value in right.items() if name != "x-chatwoot-signature"},
        {},
    ]
    for headers in forged:
        sent = {name: value.encode() for name, value in headers.items()}
        assert await world.post(body, sent) == 401  # type: ignore[arg-type]
    assert world.links.due() == []


async def test_an_old_call_rings_nothing(world: ChatwootWorld) -> None:
    await _waiting(world)
    body, sent_at = _told(world), world.clock.now().timestamp()
    headers = world.stub.signed(body, sent_at)
    world.clock.move(timedelta(seconds=300))
    assert await world.post(body, headers) == 200
    world.clock.move(timedelta(seconds=1))
    assert await world.post(body, headers) == 401
    ahead = world.clock.now().timestamp() + 302
    assert await world.post(body, world.stub.signed(body, ahead)) == 401


async def test_words_of_a_call_are_never_taken_from_it(world: ChatwootWorld) -> None:
    """Even with the secret, only what stands at Chatwoot itself reaches the customer."""
    await _waiting(world)
    body = _told(world)
    assert await world.post(body, world.stub.signed(body, world.clock.now().timestamp())) == 200
    await world.carry()
    assert world.texts("agent") == []
    assert world.holder().holder == "queue"


async def test_a_repeated_call_doubles_nothing(world: ChatwootWorld) -> None:
    await _waiting(world)
    world.stub.write(ADA, "Hello")
    await world.ring()
    world.stub.write(ADA, "Bye")
    await world.ring()
    for body, _ in list(world.stub.rung):
        headers = world.stub.signed(body, world.clock.now().timestamp())
        for _ in range(2):
            assert await world.post(body, headers) == 200
        await world.carry()
    assert world.texts("agent") == ["Hello", "Bye"]
    assert world.stub.talk.said() == ["A person"]


async def test_garbage_is_told_apart(world: ChatwootWorld) -> None:
    garbage = [
        b"",
        b"no JSON",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"event": "message_created"}',
        b'{"event": "message_created", "conversation": {"id": "41"}}',
        b'{"event": "message_created", "conversation": {"id": true}}',
        b'{"event": "conversation_updated", "id": -1}',
        b'{"event": "conversation_updated", "id": 1e400}',
        b'{"event": "conversation_updated", "id": 99999999999999999999}',
    ]
    now = world.clock.now().timestamp()
    answers = [await world.post(body, world.stub.signed(body, now)) for body in garbage]
    assert answers == [400] * len(garbage)


async def test_what_is_no_news_for_us_is_taken_calmly(world: ChatwootWorld) -> None:
    calm: list[dict[str, Any]] = [
        {"event": "webwidget_triggered"},
        {"event": "conversation_typing_on", "conversation": {"id": 41}},
        {"event": ["message_created"]},
        {"event": "conversation_status_changed", "id": 4_000_000_000},
        {"event": "message_created", "id": 9, "conversation": {"id": 2**62}},
        {},
    ]
    now = world.clock.now().timestamp()
    bodies = [json.dumps(told).encode() for told in calm]
    answers = [await world.post(body, world.stub.signed(body, now)) for body in bodies]
    assert answers == [200] * len(calm)
    assert world.links.due() == []


async def test_an_oversized_call_is_refused(world: ChatwootWorld) -> None:
    body = b'{"event": "' + b"x" * (1024 * 1024) + b'"}'
    headers = world.stub.signed(body, world.clock.now().timestamp())
    assert await world.post(body, headers) == 413


async def test_a_chatwoot_that_does_not_sign_is_known_by_the_address(world: ChatwootWorld) -> None:
    await _waiting(world)
    world.stub.write(ADA, "Hello")
    body, headers = world.stub.rung[-1]
    assert await world.post(body, headers, "/chatwoot/not%20the%20secret") == 401
    await world.carry()
    assert world.texts("agent") == []
    assert await world.post(body, headers, f"/chatwoot/{SECRET}") == 200
    await world.carry()
    assert world.texts("agent") == ["Hello"]

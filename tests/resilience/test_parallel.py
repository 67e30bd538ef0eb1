"""Many at once, through the real JSON API on SQLite: codes, copies of one message, messages of one conversation."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.driving.customer import Customer
from tests.driving.house import House
from tests.driving.trouble import rows, say, until

TRIES = 5
FAILURES_PER_HOUR = 10


def at_once(calls: Sequence[Callable[[httpx.Client], httpx.Response]]) -> list[httpx.Response]:
    """All of them, let go at the same moment, each on a connection of its own."""
    ready = threading.Barrier(len(calls))

    def call(one: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        with httpx.Client(timeout=60, trust_env=False) as client:
            ready.wait()
            return one(client)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def message(
    customer: Customer, text: str, client_id: str
) -> Callable[[httpx.Client], httpx.Response]:
    return _call(customer, "messages", {"text": text, "client_id": client_id})


def choice(
    customer: Customer, choice_id: str, client_id: str
) -> Callable[[httpx.Client], httpx.Response]:
    return _call(customer, "choices", {"choice_id": choice_id, "client_id": client_id})


def _call(
    customer: Customer, what: str, body: dict[str, str]
) -> Callable[[httpx.Client], httpx.Response]:
    url = f"{customer.chat}/api/v1/conversations/current/{what}"
    headers = {"Authorization": f"Bearer {customer.token}"}
    return lambda client: client.post(url, json=body, headers=headers)


def waiting_for_code(house: House, address: str) -> tuple[Customer, str]:
    customer = house.customer()
    customer.press("Download my data")
    before = customer.codes_mailed(address)
    customer.say(address)
    return customer, customer.code_from_mail(address, after=before)


def wrong(code: str, by: int) -> str:
    return f"{(int(code) + by) % 1_000_000:06d}"


def conversation_of(house: House, client_id: str) -> str:
    return str(rows(house, "SELECT conversation FROM message WHERE client_id = ?", client_id)[0][0])


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def wait_for_quiet(house: House, conversation: str) -> None:
    """Until every message of the conversation is answered."""
    waiting = "SELECT count(*) FROM message WHERE conversation = ? AND state IN ('checking', 'received', 'asked')"
    until(lambda: rows(house, waiting, conversation)[0][0] == 0, what="all answers")


def test_of_forty_wrong_codes_at_once_five_are_compared(house: House) -> None:
    customer, code = waiting_for_code(house, "lucie@old-mail.example")
    ids = [uuid.uuid4().hex for _ in range(40)]
    answers = at_once([message(customer, wrong(code, n + 1), ids[n]) for n in range(40)])
    taken = statuses(answers)
    assert set(taken) <= {201, 429}, taken
    assert taken[201] >= 15, "too few got past the limit of the door to mean anything"
    conversation = conversation_of(
        house, next(i for i, a in zip(ids, answers, strict=True) if a.status_code == 201)
    )
    wait_for_quiet(house, conversation)
    attempts, key = rows(
        house, "SELECT attempts, budget_index FROM challenge WHERE conversation = ?", conversation
    )[0]
    assert attempts == TRIES
    assert rows(house, "SELECT count FROM budget WHERE kind = 'failure_hour' AND key = ?", key) == [
        (TRIES,)
    ]
    # The right code comes too late now.
    assert "Your reference is" not in say(customer, code)
    assert rows(house, "SELECT count(*) FROM proof WHERE conversation = ?", conversation) == [(0,)]


def test_of_forty_right_codes_at_once_one_is_accepted_and_one_request_filed(house: House) -> None:
    customer, code = waiting_for_code(house, "orders@cafe-morgenrot.example")
    ids = [uuid.uuid4().hex for _ in range(40)]
    before = rows(house, "SELECT count(*) FROM request")[0][0]
    answers = at_once([message(customer, code, one) for one in ids])
    # 401: it came after the session's secret had changed, under the former one.
    taken = statuses(answers)
    assert set(taken) <= {201, 401, 429}, taken
    fresh = {a.json()["token"] for a in answers if a.status_code == 201} - {None}
    assert len(fresh) == 1, "exactly one message was answered with a new secret"
    customer.token = fresh.pop()
    conversation = conversation_of(
        house, next(i for i, a in zip(ids, answers, strict=True) if a.status_code == 201)
    )
    wait_for_quiet(house, conversation)
    assert rows(house, "SELECT count(*) FROM proof WHERE conversation = ?", conversation) == [(1,)]
    used = "SELECT count(*) FROM challenge WHERE conversation = ? AND used_at IS NOT NULL"
    assert rows(house, used, conversation) == [(1,)]
    assert rows(house, "SELECT count(*) FROM request")[0][0] == before + 1
    told = [line["text"] for line in customer.history() if "Your reference is PR-" in line["text"]]
    assert len(told) == 1


def test_of_forty_wrong_codes_in_four_conversations_ten_are_compared(house: House) -> None:
    """The limit of a contact holds over all conversations."""
    address = "mallory@example.com"
    pairs = [waiting_for_code(house, address) for _ in range(4)]
    right = {code for _, code in pairs}
    guesses = [f"{n:06d}" for n in range(100_000, 100_060) if f"{n:06d}" not in right][:40]
    answers = at_once(
        [message(pairs[n % 4][0], guess, uuid.uuid4().hex) for n, guess in enumerate(guesses)]
    )
    assert statuses(answers) == {201: 40}
    key = rows(house, "SELECT budget_index FROM challenge ORDER BY created_at DESC LIMIT 1")[0][0]
    counted = rows(
        house, "SELECT sum(count) FROM budget WHERE kind = 'failure_hour' AND key = ?", key
    )
    assert counted == [(FAILURES_PER_HOUR,)]


@pytest.mark.parametrize("way", ["typed", "pressed"])
def test_twenty_copies_of_one_message_are_one_line_and_one_answer(house: House, way: str) -> None:
    customer = house.customer()
    mine = uuid.uuid4().hex
    button = next(c["id"] for c in customer.choices if c["label"] == "Something else")
    call = (
        message(customer, "thanks a lot", mine)
        if way == "typed"
        else choice(customer, button, mine)
    )
    answers = at_once([call] * 20)
    assert set(statuses(answers)) <= {200, 201}
    assert len({answer.json()["message_id"] for answer in answers}) == 1
    assert [answer.json()["duplicate"] for answer in answers].count(False) == 1
    wait_for_quiet(house, conversation_of(house, mine))
    lines = customer.history()
    assert [line["client_id"] for line in lines].count(mine) == 1
    assert len([line for line in lines if line["author"] == "bot"]) == 2, (
        "the greeting and one answer"
    )


SAID = {
    "hello": "What would you like to do with your data?",
    "thanks a lot": "You're welcome",
    "bye": "Goodbye",
    "are you a human or a robot?": "I'm a computer program",
}


def test_twenty_messages_at_once_are_answered_in_the_order_in_which_they_were_taken(
    house: House,
) -> None:
    customer = house.customer()
    texts = list(SAID) * 5
    ids = [uuid.uuid4().hex for _ in texts]
    answers = at_once([message(customer, text, i) for text, i in zip(texts, ids, strict=True)])
    assert statuses(answers) == {201: 20}
    wait_for_quiet(house, conversation_of(house, ids[0]))
    lines: list[dict[str, Any]] = customer.history()[1:]
    written = [line["text"] for line in lines if line["author"] == "customer"]
    heard = [line["text"] for line in lines if line["author"] == "bot"]
    assert Counter(written) == Counter(texts)
    assert len(heard) == 20
    for text, answer in zip(written, heard, strict=True):
        assert answer.startswith(SAID[text]) or SAID[text] in answer, (text, answer)

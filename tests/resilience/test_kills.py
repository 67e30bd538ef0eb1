"""kill -9 of every part in the middle of a conversation, and while requests are carried out: nothing filed is lost,
nothing is done by halves, and nobody is left in silence.
"""

import os
import re
import signal
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.driving.colleague import Colleague
from tests.driving.customer import Customer
from tests.driving.house import House
from tests.driving.trouble import answers, heard, held_at, history, post, rows, say, until

AWAY = "I can't answer right now. Your message is saved, and I'll answer it here in a moment."
FILED = "I'm looking in all our systems now."
LABELS = {"rasa": "Rasa", "service": "The service", "mailbox": "The mailbox"}


class Patient:
    """A house whose parts are killed, and how often each was."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.killed: Counter[str] = Counter()
        self.filed: dict[str, str] = {}  # by address
        self.deleted: set[str] = set()  # those whom no system knows any more

    def kill(self, part: str) -> int:
        self.killed[part] += 1
        return self.house.kill(part)

    def kill_and_wait(self, part: str) -> None:
        self.house.wait_back(part, self.kill(part))

    @contextmanager
    def nobody_restarts(self) -> Iterator[None]:
        """The supervisor stands still, so that what is dead stays dead for as long as the test likes."""
        supervisor = int(self.house.run()["pid"])
        os.kill(supervisor, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(supervisor, signal.SIGCONT)

    def waiting_for_code(self, address: str) -> tuple[Customer, str]:
        """Somebody who asked to see the data and has the code."""
        customer = self.house.customer()
        customer.press("See my data")
        before = customer.codes_mailed(address)
        customer.say(address)
        return customer, customer.code_from_mail(address, after=before)

    def requests(self) -> int:
        """How many were ever filed; carrying them out takes a moment only."""
        return int(rows(self.house, "SELECT count(*) FROM request")[0][0])

    def wants_to_be_deleted(self, address: str) -> Customer:
        """Somebody who saw the plan, said yes, and typed the fresh code."""
        customer = self.house.customer()
        customer.say("delete all my data")
        customer.prove(address)
        assert "I'm deleting it now" in customer.prove_again(
            address, lambda: customer.press("Yes, now")
        )
        self.filed[address] = reference(customer)
        self.deleted.add(address)
        return customer

    def wants_a_copy(self, address: str) -> Customer:
        customer = self.house.customer()
        customer.press("Download my data")
        assert "Your reference is PR-" in customer.prove(address)
        self.filed[address] = reference(customer)
        return customer

    def held(self, system: str, statement: str, *values: str) -> list[tuple[object, ...]]:
        """What one of the company's databases holds."""
        with closing(sqlite3.connect(self.company(system), timeout=20)) as database:
            return database.execute(statement, values).fetchall()

    def company(self, system: str) -> Path:
        return self.house.data / "demo" / f"{system}.db"

    def standing(self, address: str) -> list[tuple[object, ...]]:
        """The request's state, its work's, and that of each system."""
        where = "WHERE request.reference = ?"
        found = rows(
            self.house,
            f"SELECT request.state, work.state FROM request JOIN work ON work.request = request.id {where}",
            self.filed[address],
        )
        return found + rows(
            self.house,
            "SELECT system, progress.state FROM progress JOIN request ON request.id = progress.request "
            f"{where} ORDER BY system",
            self.filed[address],
        )


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    house = House(tmp_path_factory.mktemp("kills")).start()
    yield Patient(house)
    house.stop()


@pytest.fixture(autouse=True)
def everything_filed_stays_filed(patient: Patient) -> Iterator[None]:
    """After each of these tests: every request that was ever told of is there."""
    yield
    there = {row[0] for row in rows(patient.house, "SELECT reference FROM request")}
    assert set(patient.filed.values()) <= there


def test_rasa_dies_and_the_customer_is_told_at_once_and_answered_later(patient: Patient) -> None:
    customer, code = patient.waiting_for_code("greta.voss@example.com")
    mine = uuid.uuid4().hex
    with patient.nobody_restarts():
        patient.kill("rasa")
        post(customer, code, mine)
        until(lambda: AWAY in [line["text"] for line in history(customer)], 15, "the notice")
        assert answers(customer, mine) == []
    assert FILED in heard(customer, mine)
    told = [line["text"] for line in customer.history()]
    assert told.count(AWAY) == 1, "one notice for one absence"
    assert sum(FILED in text for text in told) == 1
    patient.filed["greta.voss@example.com"] = reference(customer)


def test_rasa_dies_after_the_filing_and_before_it_could_say_so(patient: Patient) -> None:
    """The worst moment (S-61): the action has committed, the tracker is not saved, the answer is on nobody's way."""
    customer, code = patient.waiting_for_code("o.shevchuk@example.com")
    mine, before = uuid.uuid4().hex, patient.requests()
    with held_at(patient.house.data / "vera.db", "BEFORE DELETE ON draft", 3):
        post(customer, code, mine)
        until(lambda: patient.requests() == before + 1, what="the filing")
        patient.kill("rasa")
        # What it led to may be told sooner than that it was filed: carrying out needs no Rasa.
        assert FILED not in heard(customer, mine)
        until(lambda: FILED in heard(customer, mine), what="the answer")
    assert patient.requests() == before + 1
    patient.filed["o.shevchuk@example.com"] = reference(customer)


def test_rasa_stands_still_for_some_seconds(patient: Patient) -> None:
    customer = patient.house.customer()
    customer.press("See my data")
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    patient.house.pause("rasa")
    try:
        post(customer, "why do you ask?", first)
        post(customer, "thanks a lot", second)
        time.sleep(3)  # not a wait for anything: this is how long the machine is busy
        assert [line["author"] for line in customer.history()[-2:]] == ["customer", "customer"]
    finally:
        patient.house.resume("rasa")
    said = until(lambda: said_with(customer, "You're welcome"))
    assert said.count("only you can reach your data") == 1
    assert said.index("only you can reach your data") < said.index("You're welcome")


def test_the_service_dies_with_a_message_in_its_hands(patient: Patient) -> None:
    """Rasa holds the turn when the service dies; the browser sends the message again; one answer."""
    customer = patient.house.customer()
    mine = uuid.uuid4().hex
    patient.house.pause("rasa")
    try:
        post(customer, "I want to see what you know about me", mine)
        until(
            lambda: rows(
                patient.house, "SELECT 1 FROM message WHERE client_id = ? AND state = 'asked'", mine
            )
        )
        died = patient.kill("service")
    finally:
        patient.house.resume("rasa")
    patient.house.wait_back("service", died)
    again = post(customer, "I want to see what you know about me", mine)
    assert again["duplicate"] is True
    said = heard(customer, mine)
    assert said.endswith("Which e-mail address or phone number do we have for you?")
    lines = until(lambda: settled(customer))
    assert sum(line["client_id"] == mine for line in lines) == 1
    assert sum("Which e-mail address or phone number" in line["text"] for line in lines) == 1


def test_the_service_dies_before_anybody_knows_of_the_message(patient: Patient) -> None:
    customer = patient.house.customer()
    died = patient.kill("service")
    with pytest.raises(httpx.TransportError):
        customer.http.post(
            "/api/v1/conversations/current/messages", json={"text": "hello", "client_id": "a" * 8}
        )
    assert "What would you like to do" in say(customer, "hello")
    patient.house.wait_back("service", died)


def test_the_service_dies_between_the_accepted_code_and_its_answer(patient: Patient) -> None:
    """The session's secret has changed and the browser does not know the new one: the same message gets it in."""
    customer, code = patient.waiting_for_code("bobby.tables@example.com")
    mine, former = uuid.uuid4().hex, customer.token
    sending = threading.Thread(target=send_and_forget, args=(customer, code, mine))
    sending.start()
    until(lambda: rows(patient.house, "SELECT 1 FROM conversation WHERE rotated_by = ?", mine))
    died = patient.kill("service")
    sending.join()
    patient.house.wait_back("service", died)
    assert read_with(customer, former) == 401
    taken = post(customer, code, mine)
    assert taken["duplicate"] is True
    assert taken["token"] and taken["token"] != former
    assert FILED in heard(customer, mine)
    assert sum(line["client_id"] == mine for line in customer.history()) == 1
    patient.filed["bobby.tables@example.com"] = reference(customer)


def test_the_service_dies_between_checking_a_code_and_noting_it(patient: Patient) -> None:
    """The code is used up, and nothing beside the message says so yet: it is not asked for again."""
    customer, code = patient.waiting_for_code("l.fontaine@example.com")
    mine, before = uuid.uuid4().hex, patient.requests()
    proofs = len(rows(patient.house, "SELECT 1 FROM proof"))
    with held_at(patient.house.data / "vera.db", "BEFORE UPDATE OF reading ON message", 60):
        sending = threading.Thread(target=send_and_forget, args=(customer, code, mine))
        sending.start()
        until(lambda: len(rows(patient.house, "SELECT 1 FROM proof")) == proofs + 1)
        died = patient.kill("service")
        sending.join()
    patient.house.wait_back("service", died)
    assert post(customer, code, mine)["duplicate"] is True
    assert FILED in heard(customer, mine)
    assert patient.requests() == before + 1
    patient.filed["l.fontaine@example.com"] = reference(customer)


def test_the_mail_server_is_away_and_the_code_comes_when_it_is_back(patient: Patient) -> None:
    address = "amir.tehrani@example.com"
    customer = patient.house.customer()
    customer.press("See my data")
    before = customer.codes_mailed(address)
    with patient.nobody_restarts():
        patient.kill("mailbox")
        assert "a code with 6 digits is on its way" in customer.say(address)
        # Tried, not taken, and put back: waiting as before, and due later than at first.
        tried = "state = 'waiting' AND attempts = 0 AND next_attempt_at > created_at"
        until(lambda: rows(patient.house, f"SELECT 1 FROM mail WHERE kind = 'code' AND {tried}"))
    code = until(lambda: mailed_code(customer, address, before), what="the code")
    assert FILED in customer.say(code)
    patient.filed[address] = reference(customer)


def test_the_service_dies_in_the_middle_of_erasing(patient: Patient) -> None:
    """One system is done, the next one's transaction is open: it is taken back, and done again, once."""
    address = "dana.kowalski@example.com"
    there = "SELECT count(*) FROM subscriptions WHERE email = ?"
    with held_at(patient.company("newsletter"), "BEFORE DELETE ON segments", 60):
        customer = patient.wants_to_be_deleted(address)
        until(lambda: ("newsletter", "working") in patient.standing(address))
        until(lambda: is_locked(patient.company("newsletter")), what="the open transaction")
        with patient.nobody_restarts():
            patient.kill("service")
            until(lambda: not is_locked(patient.company("newsletter")), what="its end")
            assert patient.held("newsletter", there, address) == [(1,)], "all of it or nothing"
    until(lambda: said_with(customer, "It's done"))
    assert patient.held("newsletter", there, address) == [(0,)]
    assert patient.held("shop", "SELECT 1 FROM customers WHERE email = ?", address) == []
    assert patient.standing(address) == [
        ("done", "ended"), ("newsletter", "done"), ("shop", "done")
    ]  # fmt: skip
    assert said_with(customer, "It's done").count("It's done") == 1
    customer.mailbox.letter(address, "Deleted:")


def test_the_service_dies_when_a_copy_is_made_and_nobody_was_told(patient: Patient) -> None:
    address = "siobhan.o'connor@example.com"
    with held_at(patient.house.data / "vera.db", "BEFORE INSERT ON package", 60):
        customer = patient.wants_a_copy(address)
        files = patient.house.data / "packages" / "files"
        until(lambda: files.exists() and list(files.iterdir()), what="the file")
        until(lambda: is_locked(patient.house.data / "vera.db"), what="the open transaction")
        with patient.nobody_restarts():
            patient.kill("service")
            until(lambda: not is_locked(patient.house.data / "vera.db"), what="its end")
    told = until(lambda: said_with(customer, "Your copy is ready"))
    assert told.count("Your copy is ready") == 1
    assert rows(patient.house, "SELECT count(*) FROM package") == [(1,)]
    whole = [path for path in files.rglob("*") if path.suffix == ".age"]
    assert len(whole) == 1
    customer.mailbox.letter(address, "The copy of your data is ready")


def test_rasa_and_the_mailbox_are_dead_while_a_copy_is_made(patient: Patient) -> None:
    """Carrying out needs neither; the news is in the conversation at once, and the letter comes when it can."""
    address = "just.asking@example.com"
    with held_at(patient.house.data / "vera.db", "BEFORE INSERT ON package", 3):
        customer = patient.wants_a_copy(address)
        with patient.nobody_restarts():
            patient.kill("rasa")
            patient.kill("mailbox")
            until(lambda: said_with(customer, "Your copy is ready"))
    until(lambda: mailed(customer, address, "The copy of your data is ready"), what="the letter")


def test_what_was_filed_is_told_after_all_this(patient: Patient) -> None:
    assert patient.filed, "runs after the tests above"
    assert len(patient.filed) == len(set(patient.filed.values()))
    for address in patient.filed.keys() - patient.deleted:
        customer = patient.house.customer()
        customer.say("how far is my request?")
        assert patient.filed[address] in customer.prove(address)


def test_the_supervisor_said_each_death_and_each_return_in_one_line(patient: Patient) -> None:
    assert patient.killed, "runs after the tests above"
    lines = patient.house.console.splitlines()
    for part, label in LABELS.items():
        stops = [line for line in lines if f"{label} stopped" in line]
        returns = [line for line in lines if f"{label} is back after" in line]
        assert len(stops) == len(returns) == patient.killed[part], (part, stops, returns)
        assert all("exit 137" in line for line in stops)
        assert patient.house.run()["parts"][part]["restarts"] == patient.killed[part]


def test_kill_9_of_the_supervisor_leaves_no_orphan(patient: Patient) -> None:
    """Runs last: it is the end of this house. What was under way is done by the next one in the same folder."""
    address = "emoji.fan@example.com"
    with held_at(patient.company("shop"), "BEFORE DELETE ON addresses", 60):
        patient.wants_to_be_deleted(address)
        until(lambda: is_locked(patient.company("shop")), what="the open transaction")
        run = patient.house.run()
        family = descendants(int(run["pid"]))
        assert {part["pid"] for part in run["parts"].values()} <= family
        os.kill(int(run["pid"]), signal.SIGKILL)
        until(lambda: not any(runs(pid) for pid in family), 15, "the end of all parts")
    patient.house.start()
    until(lambda: patient.standing(address)[0] == ("done", "ended"), what="the end of the deletion")
    assert patient.held("shop", "SELECT 1 FROM customers WHERE email = ?", address) == []


# ---- Looking ---------------------------------------------------------------------------------------


def reference(customer: Customer) -> str:
    """The newest reference that this customer was told."""
    told = "\n".join(line["text"] for line in customer.history())
    return str(re.findall(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}", told)[-1])


def is_locked(database: Path) -> bool:
    """Whether somebody writes."""
    with closing(sqlite3.connect(database, timeout=0)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def mailed(customer: Customer, address: str, words: str) -> bool:
    """Whether a mail with these words has come; the mailbox may be away."""
    try:
        return any(words in mail["text"] for mail in customer.mailbox.mails(address))
    except httpx.TransportError:
        return False


def said_with(customer: Customer, words: str) -> str:
    """All that was said, once these words are among it."""
    said = "\n".join(line["text"] for line in history(customer))
    return said if words in said else ""


def settled(customer: Customer) -> list[dict[str, Any]]:
    """The transcript, once the bot has nothing more to say."""
    lines = customer.history()
    return lines if lines and lines[-1]["author"] == "bot" else []


def send_and_forget(customer: Customer, text: str, client_id: str) -> None:
    """Send, and never hear the answer."""
    try:
        httpx.post(
            f"{customer.chat}/api/v1/conversations/current/messages",
            json={"text": text, "client_id": client_id},
            headers={"Authorization": f"Bearer {customer.token}"},
            timeout=60,
            trust_env=False,
        )
    except httpx.TransportError:
        return


def read_with(customer: Customer, token: str) -> int:
    answer = customer.http.get(
        "/api/v1/conversations/current/messages", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code


def mailed_code(customer: Customer, address: str, before: int) -> str:
    """The code that came since, or nothing; the mailbox may be away."""
    try:
        if customer.codes_mailed(address) > before:
            return customer.code_from_mail(address, after=before)
    except httpx.TransportError:
        pass
    return ""


def runs(pid: int) -> bool:
    """Whether a process still does anything; one that only waits to be collected does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def descendants(pid: int) -> set[int]:
    """All processes that come from this one."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


def test_everything_dies_while_a_person_is_asked_and_while_they_talk(patient: Patient) -> None:
    """Who holds a conversation stands in the database: the queue is the queue again, and the agent has it still."""
    robin = Colleague(patient.house.data)
    robin.comes()
    customer = patient.house.customer()
    customer.press("See my data")
    customer.say("I want to talk to a person")
    patient.kill_and_wait("service")
    post(customer, "Is anybody there?", uuid.uuid4().hex)
    until(lambda: said_with(customer, "for the person who takes over. You are next."))
    robin.takes(customer)
    died = patient.kill("rasa")
    patient.kill_and_wait("service")
    post(customer, "Hello?", uuid.uuid4().hex)
    robin.answers(customer, "Here I am.")
    robin.hands_back(customer)
    patient.house.wait_back("rasa", died)
    authors = [line["author"] for line in until(lambda: settled(customer))[-5:]]
    assert authors == ["notice", "customer", "agent", "notice", "bot"]
    assert "Which e-mail address" in say(customer, "yes")
    robin.goes()
    robin.close()

"""What the Rasa process is to the machine it runs on: without TensorFlow, on loopback, with one door."""

from pathlib import Path

import httpx
import psutil
import pytest

from tests.driving.rasa_alone import RasaAlone


def test_tensorflow_is_not_in_its_memory(rasa: RasaAlone) -> None:
    maps = Path(f"/proc/{rasa.pid}/maps").read_text()
    assert "numpy" in maps, "the list of what is loaded is not to be had here"
    for library in ("tensorflow", "keras", "jaxlib"):
        assert library not in maps


def test_it_listens_on_loopback_alone(rasa: RasaAlone) -> None:
    process = psutil.Process(rasa.pid)
    open_ports = {
        (connection.laddr.ip, connection.laddr.port)
        for one in [process, *process.children(recursive=True)]
        for connection in one.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert open_ports == {("127.0.0.1", rasa.port)}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/version"),
        ("GET", "/status"),
        ("GET", "/domain"),
        ("GET", "/conversations/web:1/tracker"),
        ("POST", "/conversations/web:1/tracker/events"),
        ("POST", "/conversations/web:1/execute"),
        ("POST", "/conversations/web:1/trigger_intent"),
        ("POST", "/model/parse"),
        ("PUT", "/model"),
        ("POST", "/model/train"),
        ("POST", "/webhooks/rest/webhook"),
        ("GET", "/socket.io/"),
    ],
)
def test_nothing_of_rasas_own_api_is_open(rasa: RasaAlone, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {rasa.secret}"}
    answer = httpx.request(method, rasa.url + path, json={}, headers=headers, trust_env=False)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/webhooks/vera/turn", "/webhooks/vera/parse"])
def test_its_one_door_needs_the_secret(rasa: RasaAlone, path: str) -> None:
    body = {"conversation": "web:1", "turn": "1", "text": "hello", "texts": ["hello"]}
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = httpx.post(rasa.url + path, json=body, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()) == (401, {"error": "not allowed"})
    assert rasa.tracker("web:1") == ""


def test_its_store_of_trackers_is_ours(rasa: RasaAlone) -> None:
    """Rasa only warns about a store that it cannot load, and then keeps trackers whole, in memory."""
    headers = {"Authorization": f"Bearer {rasa.secret}"}
    body = {"conversation": "web:ours", "turn": "1", "text": "hello"}
    answer = httpx.post(
        f"{rasa.url}/webhooks/vera/turn", json=body, headers=headers, timeout=30, trust_env=False
    )
    assert answer.status_code == 200
    assert '"event": "user"' in rasa.tracker("web:ours")
    assert "hello" not in rasa.tracker("web:ours")

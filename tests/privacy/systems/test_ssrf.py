"""No description of a service leads to a machine's own doors, whatever its name resolves to (S-47)."""

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from privacy.datamap.scope import EVERYTHING
from privacy.errors import SystemDown
from privacy.systems.http.addresses import is_inside, is_public
from privacy.systems.http.pinned import resolve
from privacy.systems.port import Place, SystemRefused
from tests.privacy.systems.http_crm import Crm, described, door, served

ANN = [Place("contacts", ((("id", 7),),))]

EVIL = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "2001:db8::1",
    "100::1",
]
GOOD = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
INSIDE = ["127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.0.9", "100.64.1.1", "::1", "fd12::1", "::ffff:10.0.0.1"]  # fmt: skip
NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "192.0.0.192",
]

EVIL_URLS = [
    "https://127.0.0.1/",
    "https://localhost/",
    "https://127.1/",
    "https://0/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::]/",
    "https://169.254.169.254/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://10.0.0.1/",
    "https://192.168.0.1:8443/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://0.0.0.0:1/",
]


@pytest.mark.parametrize("url", EVIL_URLS)
def test_evil_addresses_are_not_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))
    system = described("http://127.0.0.1:9/api", tmp_path, base_url=url, allow_private=False, retries=0)  # fmt: skip
    with pytest.raises((SystemRefused, SystemDown)):
        list(door(system).rows("contacts", ANN, EVERYTHING))
    assert connected == []


@pytest.mark.parametrize("address", [*EVIL, "not an address", "fe80::1%eth0", "8.8.8.8%1"])
def test_a_good_name_with_an_evil_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))
    system = described(
        "http://127.0.0.1:9/api", tmp_path, base_url="https://crm.example.com", allow_private=False
    )
    # One good address beside it makes it no better.
    for answer in ([address], ["8.8.8.8", address]):
        opened = door(system, resolve=lambda _host, _port, answer=answer: answer)
        with pytest.raises(SystemRefused, match="not allowed"):
            list(opened.rows("contacts", ANN, EVERYTHING))
    assert connected == []


def test_what_was_checked_is_what_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that changes its mind between check and connection (DNS rebinding)."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    tried: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_rest: object, **_more: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    system = described(
        "http://127.0.0.1:9/api", tmp_path, base_url="https://crm.example.com", allow_private=False, retries=1,
    )  # fmt: skip
    opened = door(system, resolve=lambda _host, _port: next(answers))
    with pytest.raises(SystemRefused, match="not allowed"):
        list(opened.rows("contacts", ANN, EVERYTHING))
    assert tried == [("8.8.8.8", 443)], "the second answer is checked too, and not believed"


def test_inside_means_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """allow_private opens the company's own network, not what hands out a machine's secrets; http:// never leaves."""
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: connected.append(a))
    for address in [*NEVER, *GOOD]:
        system = described("http://127.0.0.1:9/api", tmp_path, base_url="http://crm.internal")
        with pytest.raises(SystemRefused, match="not allowed"):
            opened = door(system, resolve=lambda _host, _port, address=address: [address])
            list(opened.rows("contacts", ANN, EVERYTHING))
    assert connected == []


def test_a_name_that_is_never_resolved_ends_with_the_time_limit(tmp_path: Path) -> None:
    import threading

    waiting = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        waiting.wait(30)
        return []

    system = described("http://127.0.0.1:9/api", tmp_path, timeout_seconds=1, retries=0)
    with pytest.raises(SystemDown):
        list(door(system, resolve=hang).rows("contacts", ANN, EVERYTHING))
    waiting.set()


# --- TLS proves the name though the address is pinned


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for crm.example.com, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "crm.example.com")])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("crm.example.com")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[tuple[Crm, int]]:
    crm = Crm()
    crm.fill()
    files = {"ssl_certfile": certificate / "cert.pem", "ssl_keyfile": certificate / "key.pem"}
    with served(crm.app(), **files) as port:
        yield crm, port


def test_the_certificate_is_that_of_the_name(
    secure: tuple[Crm, int], certificate: Path, tmp_path: Path
) -> None:
    _, port = secure
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    for host, fits in (("crm.example.com", True), ("other.example.com", False)):
        system = described(f"https://{host}:{port}/api", tmp_path, retries=0)
        opened = door(system, resolve=lambda _host, _port: ["127.0.0.1"], tls=trusting)
        if fits:
            assert len(list(opened.rows("contacts", ANN, EVERYTHING))) == 1
        else:
            with pytest.raises(SystemDown):
                list(opened.rows("contacts", ANN, EVERYTHING))
        opened.close()
    untrusted = door(
        described(f"https://crm.example.com:{port}/api", tmp_path, retries=0),
        resolve=lambda _host, _port: ["127.0.0.1"],
    )
    with pytest.raises(SystemDown):
        list(untrusted.rows("contacts", ANN, EVERYTHING))


# --- arithmetic


def test_addresses() -> None:
    assert [a for a in EVIL if is_public(a)] == []
    assert [a for a in GOOD if not is_public(a)] == []
    assert [a for a in INSIDE if not is_inside(a)] == []
    assert [a for a in [*NEVER, *GOOD] if is_inside(a)] == []
    assert resolve("127.1", 443) == ["127.0.0.1"]
    for network in ("10.0.0.0/8", "fe80::/10", "::ffff:0:0/112"):
        first = ipaddress.ip_network(network)[5]
        assert not is_public(str(first))

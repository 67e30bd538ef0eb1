"""The mail server's URL, and what is said when the server cannot be used: one sentence, and never a password."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from privacy.mail.errors import MailServerUnreachable, MailSettingWrong
from privacy.mail.server import MailServer
from tests.privacy.mail.smtp_stub import SmtpStub


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("smtp://127.0.0.1:2525", ("smtp", "127.0.0.1", 2525, None, None)),
        ("smtp://mail.example.com", ("smtp", "mail.example.com", 25, None, None)),
        ("smtp+starttls://mail.example.com/", ("smtp+starttls", "mail.example.com", 587, None, None)),
        ("smtps://mail.example.com", ("smtps", "mail.example.com", 465, None, None)),
        ("smtps://vera:s3%40cret%2F@m.example:99", ("smtps", "m.example", 99, "vera", "s3@cret/")),
        ("smtps://vera%40a.example:x@m.example", ("smtps", "m.example", 465, "vera@a.example", "x")),
        ("smtp://vera:x@localhost:25", ("smtp", "localhost", 25, "vera", "x")),
        ("smtp://vera:x@[::1]:25", ("smtp", "::1", 25, "vera", "x")),
        (" SMTP://Mail.Example.com ", ("smtp", "mail.example.com", 25, None, None)),
    ],
)  # fmt: skip
def test_urls(url: str, parts: tuple[object, ...]) -> None:
    server = MailServer.read(url)
    assert (server.scheme, server.host, server.port, server.user, server.password) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "mail.example.com:25",
        "http://mail.example.com",
        "smtp://",
        "smtp://:25",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com/box",
        "smtps://hunter2@mail.example.com",
        "smtps://:hunter2@mail.example.com",
        "smtps://vera:hunter2@mail.example.com?tls=no",
        "smtp://vera:hunter2@mail.example.com",
        "smtp://vera:hunter2@10.0.0.7",
        "smtp://[::1",
    ],
)
def test_a_wrong_url_says_what_to_write_and_not_the_password(url: str) -> None:
    with pytest.raises(MailSettingWrong) as caught:
        MailServer.read(url)
    assert str(caught.value).startswith("VERA_SMTP_URL: ")
    assert "smtps://" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_password_is_not_shown() -> None:
    assert "hunter2" not in repr(MailServer.read("smtps://vera:hunter2@mail.example.com"))


async def test_a_server_that_is_there() -> None:
    async with SmtpStub() as stub:
        await MailServer.read(f"smtp://127.0.0.1:{stub.port}").check_reachable()
        await MailServer.read(f"smtp://localhost:{stub.port}").check_reachable()


async def unreachable(url: str) -> MailServerUnreachable:
    with pytest.raises(MailServerUnreachable) as caught:
        await MailServer.read(url).check_reachable(seconds=5)
    text = str(caught.value)
    assert text.endswith(". Start it, or set VERA_SMTP_URL to the mail server to use.")
    assert "hunter2" not in text
    return caught.value


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await unreachable(f"smtp://127.0.0.1:{port}")
    assert str(error).startswith(f"The mail server 127.0.0.1:{port} refuses the connection.")
    assert (error.host, error.port) == ("127.0.0.1", port)


async def test_a_name_nobody_knows() -> None:
    assert (await unreachable("smtp://nowhere.invalid")).reason == "has a name that nobody knows"


async def test_a_server_that_stays_silent() -> None:
    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(MailServerUnreachable, match="does not answer in time"):
        await MailServer.read(f"smtp://127.0.0.1:{port}").check_reachable(seconds=0.1)
    server.close()


async def test_a_server_that_takes_no_mail_now() -> None:
    async def busy(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 too busy\r\n")
        await writer.drain()

    server = await asyncio.start_server(busy, "127.0.0.1", 0)
    error = await unreachable(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert error.reply_code == 421
    server.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_signing_in() -> None:
    async with SmtpStub(login=(b"vera", b"hunter2")) as stub:
        at = f"127.0.0.1:{stub.port}"
        await MailServer.read(f"smtp://vera:hunter2@{at}").check_reachable()
        assert "user and password" in str(await unreachable(f"smtp://vera:nothunter2@{at}"))
    async with SmtpStub() as plain:
        error = await unreachable(f"smtp://vera:hunter2@127.0.0.1:{plain.port}")
        assert "no sign-in" in error.reason


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for "localhost" that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def test_starttls_with_a_certificate_that_is_trusted(
    certificate: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with SmtpStub(tls=tls) as stub:
        client = await MailServer.read(f"smtp+starttls://localhost:{stub.port}").connect(
            "localhost", 5
        )
        assert client.get_transport_info("sslcontext") is not None
        client.close()
        error = await unreachable(f"smtp+starttls://127.0.0.1:{stub.port}")  # another name
        assert error.reason == "shows a certificate that cannot be trusted"


async def test_starttls_with_a_certificate_that_is_not_trusted(tls: ssl.SSLContext) -> None:
    async with SmtpStub(tls=tls) as stub:
        error = await unreachable(f"smtp+starttls://localhost:{stub.port}")
        assert error.reason == "shows a certificate that cannot be trusted"


async def test_starttls_is_never_skipped() -> None:
    async with SmtpStub() as stub:
        error = await unreachable(f"smtp+starttls://localhost:{stub.port}")
        assert error.reason == "does not offer STARTTLS"


async def test_smtps_needs_tls_from_the_start() -> None:
    async with SmtpStub() as stub:
        error = await unreachable(f"smtps://localhost:{stub.port}")
        assert error.reason == "does not speak TLS as the setting says"

"""The embedded mailbox of the demo and the tests: a mail server and an SMS gateway on loopback, and a page to read.

    python -m demo.mailbox --smtp-port 0 --web-port 0 --dir var/mailbox

Prints one JSON line with its ports when both are open; text messages come in at the web port. A message is on
the disk before the sender hears that it was taken, so a killed mailbox loses none. Delivers nothing anywhere,
and logs nothing: messages hold codes.
"""

import argparse
import asyncio
import contextlib
import errno
import json
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.mailbox_store import MailStore
from demo.mailbox_web import mailbox_app

HOST = "127.0.0.1"


class CannotStart(Exception):
    """One sentence on what to do."""


class _Keeper:
    """What the SMTP server does with a mail."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await asyncio.to_thread(self._store.keep, envelope.rcpt_tos, content, datetime.now(UTC))
        except OSError:
            return "452 4.3.1 The mail could not be written to the disk; try again later"
        return "250 2.0.0 Kept"


class _Web(uvicorn.Server):
    """uvicorn that says when it is ready and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(self._ready + "\n")
        sys.stdout.flush()


async def serve(smtp_port: int, web_port: int, folder: Path) -> None:
    """Keep mails and text messages and show them until the process is told to stop.

    Raises CannotStart.
    """
    smtp_socket = _listen(smtp_port, "--smtp-port")
    web_socket = _listen(web_port, "--web-port")
    try:
        store = MailStore(folder)
    except OSError as error:
        raise CannotStart(
            f"The folder {folder} cannot be used ({error.strerror}): choose another with --dir."
        ) from None
    loop = asyncio.get_running_loop()
    keeper = _Keeper(store)
    smtp = await loop.create_server(
        lambda: SMTP(
            keeper, enable_SMTPUTF8=True, hostname="localhost", ident="Vera mailbox", loop=loop
        ),
        sock=smtp_socket,
    )
    ready = {"smtp_port": _port(smtp_socket), "web_port": _port(web_socket)}
    config = uvicorn.Config(
        mailbox_app(store), log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    web = _Web(config, json.dumps(ready))
    for stop in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop, lambda: setattr(web, "should_exit", True))
    try:
        await web.serve(sockets=[web_socket])
    finally:
        smtp.close()  # not waited for: a sender that stays connected must not hold up the end


def _listen(port: int, flag: str) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(100)
    except OSError as error:
        listening.close()
        why = (
            "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        )
        raise CannotStart(
            f"Port {port} {why}: choose another with {flag}, or 0 for any free one."
        ) from None
    return listening


def _port(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


def _port_number(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use a number from 0 to 65535")
    return int(text)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}. Try --help.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit status."""
    parser = _Parser(
        prog="python -m demo.mailbox",
        description="A mail server and an SMS gateway on loopback that keep all, and a page to read it.",
    )
    parser.add_argument(
        "--smtp-port", type=_port_number, default=0, help="port for mail; 0: any free one"
    )
    parser.add_argument(
        "--web-port",
        type=_port_number,
        default=0,
        help="port of the page and of text messages; 0: any free one",
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder to keep the messages in")
    chosen = parser.parse_args(arguments)
    # The SMTP library logs addresses and whole lines of mail.
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(serve(chosen.smtp_port, chosen.web_port, chosen.dir))
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

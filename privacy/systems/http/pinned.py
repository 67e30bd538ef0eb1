"""Connections to checked addresses only: a name is resolved once, every address it has is checked,
and one of exactly those is connected to, so that no second answer of a name server can lead
elsewhere (DNS rebinding).

TLS still proves the name: httpcore asks for the certificate of the host in the URL. The time left
for one question is kept here too, since a service may send byte by byte.
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpcore

from privacy.systems.http.addresses import is_inside, is_public
from privacy.systems.http.pace import Pace

type Resolve = Callable[[str, int], list[str]]

deadline: ContextVar[float] = ContextVar("deadline")
"""When the question that this thread is asking has to be answered (on the clock of `Pace`)."""


class AddressForbidden(Exception):
    """A host leads to an address that is not to be connected to. The text names neither."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as this machine knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections for the hosts that were described, and for no other."""

    def __init__(
        self, ports: dict[tuple[str, int], bool], allow_private: bool, resolve: Resolve, pace: Pace
    ) -> None:
        """`ports`: host and port of each described address, and whether it is spoken to in TLS."""
        self._ports = ports
        self._allow_private = allow_private
        self._resolve = resolve
        self._pace = pace
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises AddressForbidden, and the errors of httpcore."""
        if (host, port) not in self._ports:
            raise AddressForbidden
        addresses = self._addresses(host, port)
        # All of them, not the first good one: a name with one address too many is no name to trust.
        if not addresses or not all(
            self._allowed(address, self._ports[host, port]) for address in addresses
        ):
            raise AddressForbidden
        trouble: Exception = httpcore.ConnectError("no address answers")
        for address in addresses[:4]:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._left(), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return _Timed(stream, self._left)
        raise trouble

    def _allowed(self, address: str, tls: bool) -> bool:
        try:
            inside = self._allow_private and is_inside(address)
            return inside or (tls and is_public(address))
        except ValueError:
            return False

    def _addresses(self, host: str, port: int) -> list[str]:
        """Resolving knows no time limit of its own, so that somebody else waits for it."""
        answer: SimpleQueue[list[str] | OSError] = SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answer.put(error if isinstance(error, OSError) else OSError())

        Thread(target=ask, daemon=True, name="resolve").start()
        try:
            found = answer.get(timeout=self._left())
        except Empty:
            raise httpcore.ConnectTimeout("the name is not resolved in time") from None
        if isinstance(found, OSError):
            raise httpcore.ConnectError("the name cannot be resolved")
        return found

    def _left(self) -> float:
        return max(deadline.get() - self._pace.now(), 0.001)


class _Timed(httpcore.NetworkStream):
    """A connection that gives each read and write only the time that is left for the question."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _Timed(inner, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

"""Ports: takes one or says why not, and picks free ones for what only this machine talks to."""

import errno
import os
import random
import socket

from command.failure import CannotStart

LOOPBACK = "127.0.0.1"

# Below what Linux (32768…) and macOS (49152…) hand out for outgoing connections: a part that comes back after
# a crash must find its port free.
_INTERNAL = range(20_000, 32_000)
_TRIES = 200


def listen(host: str, port: int, setting: str, host_setting: str) -> socket.socket:
    """A bound socket. Raises CannotStart with what to do about it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio does not see that it is TCP and leaves Nagle's algorithm on: each answer on a kept
    # connection would then wait some 40 ms for the browser's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotStart(_why(error, host, port, setting, host_setting)) from None
    return listener


def check_free(host: str, port: int, setting: str, host_setting: str) -> None:
    """Raises CannotStart when nobody could listen there now."""
    with listen(host, port, setting, host_setting) as listener:
        try:
            listener.listen(1)
        except OSError as error:
            raise CannotStart(_why(error, host, port, setting, host_setting)) from None


def free_port(taken: set[int]) -> int:
    """A port on loopback that nobody uses now and that is not in `taken`, to which it is added."""
    for port in random.sample(_INTERNAL, _TRIES):
        if port in taken:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        taken.add(port)
        return port
    raise CannotStart(
        "No free port was found for the parts of Vera to talk to each other: close some programs."
    )


def reachable(host: str) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)


def address(host: str, port: int) -> str:
    """The web address of a server on this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _why(error: OSError, host: str, port: int, setting: str, host_setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: stop that program, or choose another port with {setting}."
    if error.errno == errno.EACCES:
        return f"This user may not open port {port}: choose one from 1024 up with {setting}."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine: set {host_setting} to one that is, such as {LOOPBACK}."
    reason = os.strerror(error.errno) if error.errno else "unknown reason"
    return (
        f"Port {port} on {host} cannot be opened ({reason}): look at {setting} and {host_setting}."
    )

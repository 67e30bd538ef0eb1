"""A part of Vera for tests of the supervisor: a tiny server, told by its arguments how to misbehave.

Started with `python -I -S`, so it imports next to nothing. Arguments: port, then any of
`die` (exit at once), `stubborn` (ignore SIGTERM), `grandchild` (start one and leave its pid in a file),
`mute-after-first` (answer once, then hang), `die-after=SECONDS`.
"""

import os
import signal
import socket
import sys
import threading
import time


def main() -> None:
    port, *ways = sys.argv[1:]
    if "die" in ways:
        print("stub: cannot go on", flush=True)
        sys.exit(3)
    if "stubborn" in ways:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for way in ways:
        if way.startswith("grandchild="):
            child = os.fork()
            if child == 0:
                time.sleep(600)
                os._exit(0)
            with open(way.partition("=")[2], "w") as file:
                file.write(str(child))
        if way.startswith("die-after="):
            threading.Timer(float(way.partition("=")[2]), os._exit, (5,)).start()
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", int(port)))
        server.listen(16)
        print("stub: ready", flush=True)
        answered = 0
        while True:
            connection, _ = server.accept()
            if "mute-after-first" in ways and answered:
                continue
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.close()
            answered += 1


main()

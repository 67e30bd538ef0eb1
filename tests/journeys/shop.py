"""A shop's website on a server of its own: another origin than the chat's, with the widget's tag on every page."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "web" / "host.html").read_text()


class Shop:
    """Open from the start, so that its address can be told to the house; the tag comes with `shows`."""

    def __init__(self) -> None:
        page = self._page = bytearray()

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """Told by name: for a browser another site than the chat, which is told by its number."""
        return f"http://localhost:{self._server.server_port}"

    def shows(self, widget: str) -> None:
        self._page[:] = PAGE.replace("WIDGET", widget).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

"""What every answer of a door says to the browser, and whether a request comes from our own page.

The content policy allows nothing but our own files: no inline script or style, no foreign image, no frame.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip


def content_policy(frame_ancestors: Sequence[str] | None = ()) -> str:
    """Content-Security-Policy of a page that may be framed by itself and by `frame_ancestors`; by nobody where that is
    None."""
    framed = "'none'" if frame_ancestors is None else " ".join(["'self'", *frame_ancestors])
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": framed,
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class SecurityHeaders:
    """ASGI middleware: the headers of every answer; a header that an answer set itself stays."""

    def __init__(
        self,
        app: ASGIApp,
        frame_ancestors: Sequence[str] | None = (),
        https_only: bool = False,
    ) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_policy(frame_ancestors),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Permissions-Policy": ", ".join(f"{name}=()" for name in _FEATURES),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if https_only:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def is_own_origin(request: Request, origin: str, own_origin: str) -> bool:
    """True when `origin` is the configured address of this door, or the host that was called."""
    return origin == own_origin or urlsplit(origin).netloc == request.headers.get("host")


def comes_from_elsewhere(request: Request, own_origin: str) -> bool:
    """True when the browser says that another site sent this request.

    `Sec-Fetch-Site` decides where the browser sends it; else `Origin` must name our own host. A missing
    or "null" origin says nothing (our Referrer-Policy makes it "null" on form posts): the form's token decides.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin not in (None, "null") and not is_own_origin(request, str(origin), own_origin)

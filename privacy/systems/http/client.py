"""Asks a service one question: safely, within its time, again where that helps, and no faster than
agreed.

It follows no redirect, keeps no cookie, knows no proxy of the environment, unpacks nothing and
reads JSON only. What a service answers never stands in an error: it may quote a person.
"""

import json
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import structlog

from privacy.datamap.http_parts import ClientCredentials, HttpSystem
from privacy.errors import SystemDown
from privacy.systems.http.auth import Credentials
from privacy.systems.http.exchange import Answer, Question, origin, standard_port
from privacy.systems.http.pace import Bucket, Pace, RealPace, pause
from privacy.systems.http.pinned import AddressForbidden, PinnedBackend, Resolve, deadline, resolve
from privacy.systems.port import SystemRefused

log = structlog.get_logger()

_AGAIN: Final = frozenset({408, 429, 502, 503, 504})
_ROOM_FOR_AN_ERROR: Final = 64_000


@dataclass(frozen=True, slots=True)
class Network:
    """What tests put in the place of the real world."""

    pace: Pace = field(default_factory=RealPace)
    resolve: Resolve = resolve
    tls: ssl.SSLContext | None = None


class Client:
    """The one way to a service. Safe to share between threads."""

    def __init__(self, name: str, described: HttpSystem, network: Network) -> None:
        self._name = name
        self._described = described
        self._pace = network.pace
        self._bucket = Bucket(described.requests_per_second, network.pace)
        urls = [described.base_url]
        if isinstance(described.auth, ClientCredentials):
            urls.append(described.auth.token_url)
        ports = {origin(url)[1:]: origin(url)[0] == "https" for url in urls}
        self._pool = httpcore.ConnectionPool(
            ssl_context=network.tls,
            max_connections=10,
            keepalive_expiry=30,
            network_backend=PinnedBackend(
                ports, described.allow_private, network.resolve, network.pace
            ),
        )
        self._credentials = Credentials(described.auth, network.pace)
        self.base_path = urlsplit(described.base_url).path.rstrip("/")

    def ask(self, question: Question, table: str) -> Answer:
        """The service's answer.

        Raises SystemDown where it does not come, also after repetitions; SystemRefused where the
        service will not, or answers what makes no sense.
        """
        try:
            answer = self._ask(self._described.base_url, question, table)
            if answer.status == 401 and self._credentials.forget():
                answer = self._ask(self._described.base_url, question, table)
        except SystemRefused as refusal:
            log.warning("system_refused", system=self._name, reason=refusal.why)
            raise
        except SystemDown:
            log.warning("system_down", system=self._name)
            raise
        if not (answer.status < 300 or answer.status in question.fine):
            log.warning("system_refused", system=self._name, status=answer.status)
            raise SystemRefused(self._name, table, f"it answers with status {answer.status}")
        return answer

    def close(self) -> None:
        self._pool.close()

    def _ask(self, url: str, question: Question, table: str) -> Answer:
        """The answer that stands at the end of all repetitions; statuses of 500 and more are not among them."""
        headers = self._headers(question, url, table)
        self._bucket.take()
        until = self._pace.now() + self._described.timeout_seconds
        for attempt in range(self._described.retries + 1):
            wait = pause(attempt)
            try:
                answer = self._once(url, question, headers, until, table)
            except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
                pass
            else:
                if answer.status not in _AGAIN:
                    if answer.status >= 500:
                        break
                    return answer
                wait = max(wait, _retry_after(answer.headers))
            if attempt == self._described.retries or self._pace.now() + wait >= until:
                break
            self._pace.wait(wait)
            self._bucket.take()
        raise SystemDown(self._name)

    def _once(
        self,
        url: str,
        question: Question,
        headers: Sequence[tuple[str, str]],
        until: float,
        table: str,
    ) -> Answer:
        scheme, host, port = origin(url)
        mark = deadline.set(until)
        try:
            with self._pool.stream(
                question.method,
                httpcore.URL(scheme=scheme, host=host, port=port, target=question.target),
                headers=[(name.encode(), value.encode()) for name, value in headers],
                content=question.body,
                extensions={"timeout": {"pool": max(until - self._pace.now(), 0.001)}},
            ) as response:
                return self._read(response, question, until, table)
        except AddressForbidden:
            raise SystemRefused(
                self._name, table, "its address leads to a place that is not allowed"
            ) from None
        except (httpcore.UnsupportedProtocol, UnicodeError):
            raise SystemRefused(self._name, table, "it cannot be asked like that") from None
        finally:
            deadline.reset(mark)

    def _read(
        self, response: httpcore.Response, question: Question, until: float, table: str
    ) -> Answer:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
        if 300 <= response.status < 400:
            raise SystemRefused(self._name, table, "it leads to another address; Vera follows none")
        good = response.status < 300
        most = self._described.max_bytes if good else _ROOM_FOR_AN_ERROR
        body = bytearray()
        for piece in response.iter_stream():
            body += piece
            if len(body) > most:
                if not good:
                    break
                raise SystemRefused(self._name, table, "its answer is longer than max_bytes")
            if self._pace.now() > until:
                raise httpcore.ReadTimeout("the answer is not complete in time")
        if not good or not question.wants_json:
            return Answer(response.status, headers)
        return Answer(response.status, headers, self._parsed(bytes(body), headers, table))

    def _parsed(self, body: bytes, headers: Mapping[str, str], table: str) -> Any:
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise SystemRefused(
                self._name, table, "its answer is packed though nobody asked for it"
            )
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json" and not (
            kind.startswith("application/") and kind.endswith("+json")
        ):
            raise SystemRefused(self._name, table, "its answer is no JSON")
        with suppress(ValueError, RecursionError):
            return json.loads(body, parse_constant=_no_number)
        raise SystemRefused(self._name, table, "its answer is broken JSON")

    def _headers(self, question: Question, url: str, table: str) -> list[tuple[str, str]]:
        host, port = origin(url)[1:]
        named = f"[{host}]" if ":" in host else host
        standard = port == standard_port(url)
        headers = [
            ("Host", named if standard else f"{named}:{port}"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "Vera"),
        ]
        if question.body is not None or question.method != "GET":
            headers.append(("Content-Length", str(len(question.body or b""))))
        if question.body is not None:
            kind = "application/x-www-form-urlencoded" if question.form else "application/json"
            headers.append(("Content-Type", kind))
        if question.form:
            return headers  # asks for a token: has none yet
        headers += self._described.headers.items()
        return headers + self._credentials.headers(lambda q, u: self._token(q, u, table))

    def _token(self, question: Question, url: str, table: str) -> Any:
        answer = self._ask(url, question, table)
        if answer.status >= 300:
            raise SystemRefused(self._name, table, f"it gives no token: status {answer.status}")
        return answer.json


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds (RFC 9110, 10.2.3); a date is counted from the service's own date."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    with suppress(ValueError, TypeError):
        then, now = (parsedate_to_datetime(text) for text in (told, headers.get("date", "")))
        return max((then - now).total_seconds(), 0.0)
    return 0.0


def _no_number(_text: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")

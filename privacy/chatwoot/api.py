"""The calls of Chatwoot's API that we need, each with its answer read or its failure named.

A contact and its conversation are made by the client API of an API inbox; everything else goes through the application
API as the user whose token we have: only there a message keeps a `source_id`, by which we find again what arrived and
was not answered. Source: Chatwoot's published API (its folder `swagger`), version 4. Answers never stand in a log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from privacy.chatwoot.connection import ChatwootUnreachable, Connection

PAGE: Final = 100  # messages in one answer
_OUTGOING: Final = 1
_TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)


class Away(Exception):
    """Chatwoot cannot be reached, or does not know our token, account or inbox: nothing can be told now."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class PutOff(Exception):
    """This one call was not answered, or not with what it should be: to be tried again later."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__("to be tried again")
        self.status = status


class Gone(Exception):
    """The conversation or contact is not there any more."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works there."""

    number: int
    name: str
    is_online: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation there, and the inbox that it is in."""

    number: int
    inbox: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands there."""

    status: str
    """open, pending, snoozed or resolved."""
    assignee: Colleague | None
    inbox: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message there."""

    number: int
    source: str
    text: str
    by: Colleague | None
    """Who wrote it to the customer; None for every other kind of message."""
    has_files: bool

    def __repr__(self) -> str:
        return f"Said({self.number})"


class Api:
    """Speaks with one Chatwoot. Every call raises Away or PutOff, and Gone where it names a conversation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: httpx.AsyncClient | None = None
        self._account = f"/api/v1/accounts/{connection.account}"
        self._inbox = f"/public/api/v1/inboxes/{quote(connection.inbox, safe='')}"

    async def close(self) -> None:
        client, self._open = self._open, None
        if client is not None:
            await client.aclose()

    # ---- Who is there ----------------------------------------------------------------------------------

    async def me(self) -> int:
        """Our own number there."""
        return _number(_object(await self._call("GET", "/api/v1/profile")), "id")

    async def colleagues(self) -> list[Colleague]:
        """Everybody who answers there."""
        found = await self._call("GET", f"{self._account}/agents")
        return [one for raw in _list(found) if (one := _colleague(raw)) is not None]

    async def check(self) -> None:
        """Are address, account, token and inbox right? Raises ChatwootUnreachable."""
        try:
            await self.colleagues()
            await self._call("GET", self._inbox)
        except (Away, PutOff, Gone) as error:
            status = getattr(error, "status", None)
            if isinstance(error, Gone):
                reason = "has no inbox with this identifier"
            elif status == 401:
                reason = "does not accept the access token"
            elif status is not None:
                reason = f"answers {status}"
            else:
                reason = "cannot be reached"
            raise ChatwootUnreachable(self._connection.host, reason) from None

    # ---- Conversations ---------------------------------------------------------------------------------

    async def has_contact(self, source: str) -> bool:
        try:
            await self._call("GET", f"{self._inbox}/contacts/{source}")
        except Gone:
            return False
        return True

    async def make_contact(self, source: str, name: str) -> None:
        """Raises Away where the inbox is not there."""
        await self._call_inbox("POST", "/contacts", {"source_id": source, "name": name})

    async def conversations_of(self, source: str) -> list[Place]:
        """A contact's conversations, the oldest first."""
        found = await self._call("GET", f"{self._inbox}/contacts/{source}/conversations")
        return sorted((_place(raw) for raw in _list(found)), key=lambda place: place.number)

    async def make_conversation(self, source: str, about: Mapping[str, str]) -> Place:
        path = f"{self._inbox}/contacts/{source}/conversations"
        return _place(await self._call("POST", path, {"custom_attributes": dict(about)}))

    async def standing(self, number: int) -> Standing:
        raw = _object(await self._call("GET", f"{self._account}/conversations/{number}"))
        status = raw.get("status")
        meta = raw.get("meta")
        assignee = meta.get("assignee") if isinstance(meta, dict) else None
        if not isinstance(status, str):
            raise PutOff
        return Standing(status, _colleague(assignee), _number(raw, "inbox_id"))

    async def messages(self, number: int, after: int) -> list[Said]:
        """What was written there after a message, the oldest first."""
        found: dict[int, Said] = {}
        while True:
            path = f"{self._account}/conversations/{number}/messages"
            answer = _object(await self._call("GET", path, params={"after": str(after)}))
            page = [_said(_object(raw)) for raw in _list(answer.get("payload"))]
            fresh = {one.number: one for one in page if one.number > after}
            found |= fresh
            if len(page) < PAGE or not fresh:
                return [found[key] for key in sorted(found)]
            after = max(fresh)

    async def write(self, number: int, text: str, source: str, *, is_note: bool) -> None:
        """Put a customer's words, or a note that only agents see, into a conversation."""
        await self._call(
            "POST",
            f"{self._account}/conversations/{number}/messages",
            {
                "content": text,
                "message_type": "outgoing" if is_note else "incoming",
                "private": is_note,
                "source_id": source,
                "echo_id": source,
            },
        )

    async def set_status(self, number: int, status: str) -> None:
        path = f"{self._account}/conversations/{number}/toggle_status"
        await self._call("POST", path, {"status": status})

    # ---- Inside ----------------------------------------------------------------------------------------

    async def _call_inbox(self, method: str, path: str, body: Mapping[str, object]) -> None:
        try:
            await self._call(method, self._inbox + path, body)
        except Gone:
            raise Away("has no inbox with this identifier", 404) from None

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        try:
            answer = await self._client().request(method, path, json=body, params=params)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Away("cannot be reached") from None
        except httpx.HTTPError:
            raise PutOff from None
        status = answer.status_code
        if status in (401, 403):
            raise Away("does not accept the access token", status)
        if status == 404:
            raise Gone
        if not 200 <= status < 300:
            raise PutOff(status)
        try:
            return answer.json()
        except ValueError:
            raise PutOff(status) from None

    def _client(self) -> httpx.AsyncClient:
        if self._open is None:
            self._open = httpx.AsyncClient(
                base_url=self._connection.base,
                headers={"api_access_token": self._connection.token, "Accept": "application/json"},
                timeout=_TIMEOUT,
                follow_redirects=False,
                trust_env=not self._connection.is_here,
            )
        return self._open


def _said(raw: Mapping[str, Any]) -> Said:
    attributes = raw.get("content_attributes")
    told = attributes if isinstance(attributes, dict) else {}
    sender = raw.get("sender")
    is_ours_to_tell = (
        raw.get("message_type") in (_OUTGOING, "outgoing")
        and not raw.get("private")
        and raw.get("content_type", "text") in ("text", None)
        and isinstance(sender, dict)
        and sender.get("type") == "user"  # not a bot, and no rule that answers by itself
        and not told.get("deleted")
        and not told.get("automation_rule_id")
    )
    return Said(
        number=_number(raw, "id"),
        source=str(raw.get("source_id") or ""),
        text=str(raw.get("content") or ""),
        by=_colleague(sender) if is_ours_to_tell else None,
        has_files=bool(raw.get("attachments")),
    )


def _place(raw: object) -> Place:
    found = _object(raw)
    return Place(_number(found, "id"), _number(found, "inbox_id"))


def _colleague(raw: object) -> Colleague | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), int):
        return None
    name = raw.get("available_name") or raw.get("name") or ""
    return Colleague(raw["id"], str(name), raw.get("availability_status") == "online")


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise PutOff
    return found


def _list(found: object) -> Sequence[object]:
    if not isinstance(found, list):
        raise PutOff
    return found


def _number(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise PutOff
    return value

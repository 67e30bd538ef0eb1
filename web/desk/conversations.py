"""Conversations at the desk: the queue, one conversation beside it, and what can be done with it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, is_permitted
from privacy.clock import Clock
from privacy.contacts import mask
from privacy.desk.cases import Case
from privacy.desk.desk import Desk
from privacy.desk.hiding import REASONS
from privacy.desk.queue import VIEWS, Order, View
from web.desk.gate import Gate, Visit
from web.desk.preview import Preview
from web.desk.screens import Screens
from web.form_tokens import new_client_id
from web.problems import Malformed

SNOOZES: Final = {"hour": timedelta(hours=1), "four_hours": timedelta(hours=4), "day": timedelta(days=1),
                  "week": timedelta(days=7)}  # fmt: skip
PARTS: Final = ("queue", "conversation")
_CONVERSATION: Final = re.compile(r"[a-z]{1,20}:[A-Za-z0-9_-]{1,60}")
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


class ConversationPages:
    """Handlers of `/conversations`."""

    def __init__(
        self, desk: Desk, gate: Gate, screens: Screens, clock: Clock, company: str
    ) -> None:
        self._desk = desk
        self._gate = gate
        self._screens = screens
        self._clock = clock
        self._company = company

    # ---- Looking ---------------------------------------------------------------------------------------

    async def show(self, request: Request) -> Response:
        """GET /conversations and /conversations/{conversation}: three panes; a script asks for the part that is out of
        date (`X-Part: queue` or `conversation`)."""
        visit = await self._gate.visit(request, Act.READ_CONVERSATIONS)
        part = request.headers.get("x-part", "")
        shown = await to_thread.run_sync(self._shown, request, visit, part)
        template = "conversations_part.html" if part in PARTS else "conversations.html"
        return self._screens.page(request, visit, template, part=part, **shown)

    def _shown(self, request: Request, visit: Visit, part: str) -> dict[str, Any]:
        view, order, after = _place(request)
        who = visit.agent
        shown: dict[str, Any] = {
            "view": view,
            "order": order,
            "after": after,
            "place": urlencode(
                {"view": view, "order": order, **({"after": after} if after else {})}
            ),
            "case": None,
            "open": "",
        }
        if part != "conversation":
            shown |= {
                "page": self._desk.queue.page(view, who.id, order, after),
                "counts": self._desk.queue.counts(who.id),
            }
        if "conversation" in request.path_params:
            key = _conversation(request)
            shown["open"] = key
            if part == "queue":
                return shown
            case = self._desk.cases.read(key, who)
            if is_permitted(who.role, Act.CLAIM):
                self._desk.presence.look_at(who, key)
            shown |= self._around(case, who) | {"case": case}
        return shown

    def _around(self, case: Case, who: Agent) -> dict[str, Any]:
        one = case.hand_over
        values = {"agent": who.name, "company": self._company}
        if case.requests:
            values["reference"] = case.requests[0].reference
        return {
            "is_mine": one is not None and one.agent == who.id,
            "others": self._desk.cases.others(case.conversation, who),
            "saved_replies": self._desk.saved_replies.all(values),
            "colleagues": self._colleagues() if is_permitted(who.role, Act.ASSIGN) else [],
            "answer_to": mask(one.answer_to) if one and one.answer_to else "",
            "preview": Preview.of(self._desk.people.now(case.conversation), case),
            "reasons": REASONS,
            "snoozes": SNOOZES,
        }

    def _colleagues(self) -> list[Agent]:
        return [
            other
            for other in self._desk.accounts.everybody()
            if other.state == "active" and is_permitted(other.role, Act.REPLY)
        ]

    # ---- Doing -----------------------------------------------------------------------------------------

    async def claim(self, request: Request) -> Response:
        """POST …/claim"""
        visit, _ = await self._gate.form(request, Act.CLAIM)
        key = _conversation(request)
        await to_thread.run_sync(self._desk.people.claim, key, visit.agent)
        return _back(request, key, view="mine")

    async def release(self, request: Request) -> Response:
        """POST …/release: back to the queue."""
        return await self._let_go(request, self._desk.people.release)

    async def hand_back(self, request: Request) -> Response:
        """POST …/hand-back: to the assistant."""
        return await self._let_go(request, self._desk.people.hand_back)

    async def _let_go(self, request: Request, verb: Callable[[str, Agent], None]) -> Response:
        visit, _ = await self._gate.form(request, Act.CLAIM)
        key = _conversation(request)
        await to_thread.run_sync(verb, key, visit.agent)
        self._desk.hub.stop_writing(key)
        return _back(request, key)

    async def assign(self, request: Request) -> Response:
        """POST …/assign: to a colleague, or back to the queue."""
        visit, fields = await self._gate.form(request, Act.ASSIGN)
        key = _conversation(request)

        def give() -> None:
            wanted = fields.get("to", "")
            to = next((one for one in self._desk.accounts.everybody() if one.id == wanted), None)
            if wanted and (
                to is None or to.state != "active" or not is_permitted(to.role, Act.REPLY)
            ):
                raise Malformed("to")
            self._desk.people.assign(key, to, visit.agent)

        await to_thread.run_sync(give)
        return _back(request, key)

    async def snooze(self, request: Request) -> Response:
        """POST …/snooze"""
        visit, fields = await self._gate.form(request, Act.CLAIM)
        span = SNOOZES.get(fields.get("for", ""))
        if span is None:
            raise Malformed("for")
        key, until = _conversation(request), self._clock.now() + span
        await to_thread.run_sync(self._desk.people.snooze, key, visit.agent, until)
        return _back(request, key)

    async def reply(self, request: Request) -> Response:
        """POST …/reply: to the customer, or a note for colleagues; both as `text`, the button says which."""
        visit, fields = await self._gate.form(request, Act.NOTE)
        key, text = _conversation(request), fields.get("text", "")
        client_id = fields.get("client_id") or new_client_id()
        if not _CLIENT_ID.fullmatch(client_id):
            raise Malformed("client_id")
        people = self._desk.people
        verb = people.note if fields.get("as") == "note" else people.reply
        await to_thread.run_sync(verb, key, visit.agent, text, client_id)
        self._desk.hub.stop_writing(key)
        return _back(request, key)

    async def draft(self, request: Request) -> Response:
        """POST …/draft: kept as it is typed; the customer sees that somebody writes, colleagues who."""
        visit, fields = await self._gate.form(request, Act.NOTE)
        key, text = _conversation(request), fields.get("text", "")

        def keep() -> bool:
            self._desk.people.keep_draft(key, visit.agent, text)
            self._desk.presence.look_at(visit.agent, key, writing=bool(text))
            return self._desk.people.is_held_by(key, visit.agent)

        if await to_thread.run_sync(keep) and text and fields.get("as") != "note":
            self._desk.hub.set_writing(key)
        else:
            self._desk.hub.wake(key)
        return Response(status_code=204)

    async def reveal(self, request: Request) -> Response:
        """POST …/reveal: one hidden value, for a reason."""
        visit, fields = await self._gate.form(request, Act.REVEAL)
        why = fields.get("why", "")
        try:
            message, number = int(fields.get("message", "")), int(fields.get("number", ""))
        except ValueError:
            raise Malformed("message") from None
        if why not in REASONS:
            raise Malformed("why")
        key = _conversation(request)
        await to_thread.run_sync(self._desk.cases.reveal, key, message, number, visit.agent, why)
        return _back(request, key, anchor=f"m{message}")


def _conversation(request: Request) -> str:
    key = str(request.path_params["conversation"])
    if not _CONVERSATION.fullmatch(key):
        raise Malformed("conversation")
    return key


def _place(request: Request) -> tuple[View, Order, str]:
    asked = request.query_params
    view, order = asked.get("view", "waiting"), asked.get("order", "wait")
    return (
        view if view in VIEWS else "waiting",
        "clock" if order == "clock" else "wait",
        asked.get("after", "")[:80],
    )


def _back(request: Request, key: str, view: str = "", anchor: str = "") -> Response:
    """To the conversation as it is now, beside the same part of the queue."""
    place = dict(request.query_params)
    if view:
        place["view"] = view
        place.pop("after", None)
    query = f"?{urlencode(place)}" if place else ""
    return RedirectResponse(f"/conversations/{key}{query}{f'#{anchor}' if anchor else ''}", 303)

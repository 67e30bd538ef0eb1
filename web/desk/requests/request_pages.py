"""One request at the desk: everything about it, and a form for each verb that there is now.

A verb that is not there is not offered; posted all the same it is refused, with its sentence above the same page.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act
from privacy.desk.hiding import REASONS, Reason
from privacy.desk.requests.desk import RequestDesk
from privacy.desk.verbs import Verb
from privacy.errors import Problem, RequestNotFound, SystemDown
from privacy.policy import Policy
from privacy.references import parse_reference
from web.desk.gate import Gate, Visit
from web.desk.screens import Screens
from web.problems import Malformed

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TASK: Final = re.compile(r"task:([0-9a-f-]{36})")

type Fields = Mapping[str, str]
type Handler = Callable[[Request], Awaitable[Response]]


class RequestPages:
    """Handlers of `/requests/{reference}`."""

    def __init__(self, desk: RequestDesk, policy: Policy, gate: Gate, screens: Screens) -> None:
        self._desk = desk
        self._policy = policy
        self._gate = gate
        self._screens = screens
        deciding, helping = desk.deciding, desk.helping
        self.verbs: Mapping[str, Handler] = {
            "refuse": self._does(
                lambda ref, f, who: deciding.refuse(
                    ref, f.get("reason", ""), who, _client_id(f), f.get("note", "")
                )
            ),
            "extend": self._does(
                lambda ref, f, who: deciding.extend(
                    ref, f.get("reason", ""), who, _client_id(f), f.get("note", "")
                )
            ),
            "approve": self._does(
                lambda ref, f, who: deciding.approve(ref, f.get("proposal", ""), who, _client_id(f))
            ),
            "send-back": self._does(
                lambda ref, f, who: deciding.send_back(
                    ref, f.get("proposal", ""), who, f.get("note", "")
                )
            ),
            "withdraw": self._does(
                lambda ref, f, who: deciding.withdraw(ref, f.get("proposal", ""), who)
            ),
            "settle": self._does(
                lambda ref, f, who: desk.identity.settle(
                    ref, f.get("subject", ""), who, _client_id(f)
                )
            ),
            "try-again": self._does(lambda ref, _, who: helping.try_again(ref, who)),
            "hold": self._does(
                lambda ref, f, who: helping.hold(ref, f.get("note", ""), who, _client_id(f))
            ),
            "lift": self._does(lambda _ref, f, who: helping.lift(f.get("hold", ""), who)),
            "reveal": self._does(
                lambda ref, f, who: desk.sheets.reveal(ref, f.get("name", ""), who, _reason(f)),
                back=_to_task,
            ),
        }

    async def show(self, request: Request) -> Response:
        """GET /requests/{reference}"""
        visit = await self._gate.visit(request, Act.READ_REQUESTS)
        return await self._page(request, visit)

    def _does(
        self,
        act: Callable[[str, Fields, Agent], object],
        back: Callable[[Fields], str] = lambda _: "",
    ) -> Handler:
        """POST …/{verb}: do it, then show the request again, or go `back`; where it cannot be, say why above it."""

        async def handle(request: Request) -> Response:
            visit, fields = await self._gate.form(request, Act.READ_REQUESTS)
            reference = _reference(request)
            try:
                await to_thread.run_sync(lambda: act(reference, fields, visit.agent))
            except Malformed:
                raise
            except Problem as problem:
                return await self._page(request, visit, problem)
            return RedirectResponse(back(fields) or f"/requests/{reference}", 303)

        return handle

    async def _page(
        self, request: Request, visit: Visit, problem: Problem | None = None
    ) -> Response:
        reference = _reference(request)
        filled = await to_thread.run_sync(self._filled, reference, visit.agent)
        return self._screens.page(
            request, visit, "requests/request.html", problem=problem, **filled
        )

    def _filled(self, reference: str, who: Agent) -> dict[str, Any]:
        sheet = self._desk.sheets.read(reference, who)
        people, away = [], False
        if Verb.SETTLE in sheet.verbs:
            try:
                people = self._desk.sheets.candidates(reference, who)
            except SystemDown:
                away = True  # the request itself is shown all the same
        return {
            "sheet": sheet,
            "verbs": {verb.value: how for verb, how in sheet.verbs.items()},
            "open_proposal": next((one for one in sheet.proposals if one.state == "open"), None),
            "people": people,
            "away": away,
            "refusals": self._policy.decisions.refusals_for(sheet.kind),
            "extensions": tuple(self._policy.decisions.extensions.values()),
            "labels": self._labels(),
            "reasons": REASONS,
        }

    def _labels(self) -> dict[str, str]:
        """What colleagues call the reasons of decisions."""
        decisions = self._policy.decisions
        return {name: one.label for name, one in decisions.refusals.items()} | {
            name: one.label for name, one in decisions.extensions.items()
        }


def _reference(request: Request) -> str:
    """Raises RequestNotFound for what is no reference."""
    reference = parse_reference(str(request.path_params["reference"]))
    if reference is None:
        raise RequestNotFound("no reference")
    return reference


def _to_task(fields: Fields) -> str:
    """Back to the task whose words were revealed."""
    task = _TASK.fullmatch(fields.get("name", ""))
    return f"/requests/tasks/{task[1]}" if task else ""


def _client_id(fields: Fields) -> str:
    """Raises Malformed."""
    found = fields.get("client_id", "")
    if not _CLIENT_ID.fullmatch(found):
        raise Malformed("client_id")
    return found


def _reason(fields: Fields) -> Reason:
    """Raises Malformed."""
    why = fields.get("why", "")
    if why not in REASONS:
        raise Malformed("why")
    return why

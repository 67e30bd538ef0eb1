"""The page of saved replies: everybody reads it, who may changes it."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents.roles import Act
from privacy.desk.desk import Desk
from privacy.handoff.notes import SavedReplyWrong
from web.desk.gate import Gate
from web.desk.screens import Screens


class SavedReplyPages:
    """Handlers of `/saved-replies`."""

    def __init__(self, desk: Desk, gate: Gate, screens: Screens) -> None:
        self._desk = desk
        self._gate = gate
        self._screens = screens

    async def show(self, request: Request) -> Response:
        """GET /saved-replies"""
        visit = await self._gate.visit(request)
        found = await to_thread.run_sync(self._desk.saved_replies.all)
        return self._screens.page(request, visit, "saved_replies.html", replies=found)

    async def save(self, request: Request) -> Response:
        """POST /saved-replies"""
        visit, fields = await self._gate.form(request, Act.WRITE_SAVED_REPLIES)
        name, text = fields.get("name", "").strip().removeprefix("/"), fields.get("text", "")
        try:
            await to_thread.run_sync(self._desk.saved_replies.save, name, text, visit.agent)
        except SavedReplyWrong as problem:
            found = await to_thread.run_sync(self._desk.saved_replies.all)
            return self._screens.page(
                request,
                visit,
                "saved_replies.html",
                replies=found,
                problem=problem,
                name=name,
                text=text,
            )
        return RedirectResponse("/saved-replies", 303)

    async def remove(self, request: Request) -> Response:
        """POST /saved-replies/remove"""
        visit, fields = await self._gate.form(request, Act.WRITE_SAVED_REPLIES)
        name = fields.get("name", "")
        await to_thread.run_sync(self._desk.saved_replies.remove, name, visit.agent)
        return RedirectResponse("/saved-replies", 303)

"""One task: what is to be done, for whoever has it, and the form in which they say that it is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents.accounts import Agent
from privacy.agents.roles import Act, is_permitted
from privacy.clock import Clock
from privacy.desk.hiding import REASONS, Part, hidden
from privacy.desk.requests.desk import RequestDesk
from privacy.desk.requests.lists import TaskRow
from privacy.errors import Problem
from privacy.fulfilment.export.review import AT_ONCE, REVIEW
from privacy.fulfilment.tasks.tasks import Attached
from privacy.fulfilment.vault.attachments import FileTooLarge
from privacy.settings import Settings
from web.desk.gate import Gate, Visit
from web.desk.requests.uploads import MOST_FILES, FilesTooLarge, form_with_files
from web.desk.screens import Screens
from web.problems import Malformed

SNOOZES: Final = {"four_hours": timedelta(hours=4), "day": timedelta(days=1), "week": timedelta(days=7)}  # fmt: skip
# Tasks whose answer is read as a yes or a no, with the reason that the customer is told.
YES_OR_NO: Final = frozenset({"check_correction", "correct_by_hand"})

type Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Words:
    """What a task says, for whoever has it; `is_revealed` when its hidden values are shown."""

    parts: Sequence[Part]
    is_revealed: bool
    hides: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A text that may leave in an export, and where it stands."""

    id: str
    where: str
    parts: Sequence[Part]

    @property
    def hides(self) -> bool:
        return any(part.number is not None for part in self.parts)


class TaskPages:
    """Handlers of `/requests/tasks/{task}`."""

    def __init__(
        self, desk: RequestDesk, gate: Gate, screens: Screens, settings: Settings, clock: Clock
    ) -> None:
        self._desk = desk
        self._gate = gate
        self._screens = screens
        self._settings = settings
        self._clock = clock
        self.verbs: Mapping[str, Handler] = {
            "take": self._does(lambda task, _, who: desk.tasks.take(task, who)),
            "release": self._does(lambda task, _, who: desk.tasks.release(task, who)),
            "snooze": self._does(self._snooze),
            "finish": self._finish,
            "review": self._review,
        }

    async def show(self, request: Request) -> Response:
        """GET /requests/tasks/{task}"""
        visit = await self._gate.visit(request, Act.READ_REQUESTS)
        return await self._page(request, visit)

    def _does(self, act: Callable[[str, Mapping[str, str], Agent], object]) -> Handler:
        """POST …/{verb}"""

        async def handle(request: Request) -> Response:
            visit, fields = await self._gate.form(request, Act.READ_REQUESTS)
            task = str(request.path_params["task"])
            try:
                await to_thread.run_sync(lambda: act(task, fields, visit.agent))
            except Malformed:
                raise
            except Problem as problem:
                return await self._page(request, visit, problem)
            return RedirectResponse(f"/requests/tasks/{task}", 303)

        return handle

    def _snooze(self, task: str, fields: Mapping[str, str], who: Agent) -> None:
        span = SNOOZES.get(fields.get("for", ""))
        if span is None:
            raise Malformed("for")
        self._desk.tasks.snooze(task, self._clock.now() + span, who)

    async def _finish(self, request: Request) -> Response:
        """POST …/finish, with files."""
        filled = await form_with_files(request, self._gate, self._settings)
        task = str(request.path_params["task"])
        answer = _answer(filled.fields)
        try:
            done = await to_thread.run_sync(
                self._done, task, answer, filled.files, filled.visit.agent
            )
        except Problem as problem:
            return await self._page(request, filled.visit, problem)
        return RedirectResponse(f"/requests/{done}", 303)

    async def _review(self, request: Request) -> Response:
        """POST …/review: which texts must not leave."""
        filled = await form_with_files(
            request, self._gate, self._settings, most_fields=2 * AT_ONCE + 10
        )
        task, many = str(request.path_params["task"]), filled.many
        try:
            done = await to_thread.run_sync(
                self._desk.reviewing.decide,
                task,
                many.get("seen", ()),
                many.get("cut", ()),
                filled.visit.agent,
            )
        except Problem as problem:
            return await self._page(request, filled.visit, problem)
        return RedirectResponse(f"/requests/{done.reference}", 303)

    def _done(self, task: str, answer: str, files: Sequence[Attached], who: Agent) -> str:
        try:
            return self._desk.tasks.finish(task, answer, files, who).reference
        except FileTooLarge:
            raise FilesTooLarge("over the cap of one file") from None

    async def _page(
        self, request: Request, visit: Visit, problem: Problem | None = None
    ) -> Response:
        filled = await to_thread.run_sync(
            self._filled, str(request.path_params["task"]), visit.agent
        )
        return self._screens.page(request, visit, "requests/task.html", problem=problem, **filled)

    def _filled(self, task: str, who: Agent) -> dict[str, Any]:
        row = self._desk.lists.task(task, who)
        return {
            "task": row,
            "says": self._words(row, who) if row.is_open and row.taken_by == who.id else None,
            "pieces": self._pieces(row, who),
            "is_mine": row.taken_by == who.id,
            "asks_yes_or_no": row.kind in YES_OR_NO,
            "snoozes": SNOOZES,
            "reasons": REASONS,
            "most_files": MOST_FILES,
        }

    def _pieces(self, row: TaskRow, who: Agent) -> Sequence[Text] | None:
        """What is to be read before an export leaves; None for any other task."""
        mine = row.is_open and row.taken_by == who.id
        if row.kind != REVIEW or not mine or not is_permitted(who.role, Act.DECIDE):
            return None
        shown = self._desk.sheets.is_revealed(
            self._desk.tasks.read(row.id, who).request, f"task:{row.id}", who
        )
        return [
            Text(one.id, where, [Part(one.text)] if shown else list(hidden(one.text)))
            for where, one in self._desk.reviewing.pieces(row.id, who)
        ]

    def _words(self, row: TaskRow, who: Agent) -> Words:
        found = self._desk.tasks.read(row.id, who)
        shown = self._desk.sheets.is_revealed(found.request, f"task:{row.id}", who)
        parts = [Part(found.what)] if shown else list(hidden(found.what))
        return Words(parts, shown, any(part.number is not None for part in parts))


def _answer(fields: Mapping[str, str]) -> str:
    """What the person wrote; a no that the courses understand begins with one."""
    words = fields.get("answer", "").strip()
    verdict = fields.get("verdict", "")
    if verdict == "yes":
        return "yes"
    return f"no: {words}" if verdict == "no" else words

"""The pages of a request: how it stands, the data, the file, and what the customer can do. Reads and acts through the
port; what may be seen or done is decided there, each time."""

import re
from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.errors import NotPossibleNow, NotProven, RequestNotFound
from web.chat.requests.data_sheet import DataSheet, TableSheet
from web.chat.requests.door import NOTHING_YET, Door, Told
from web.chat.requests.download import FileAnswer
from web.chat.requests.gate import Gate
from web.chat.requests.place import Place, place_of
from web.chat.requests.port import Requests
from web.chat.requests.sheets import Sheets
from web.chat.requests.status_sheet import StatusSheet
from web.chat.requests.views import Act, PackageView, StatusView
from web.chat.talk import Session
from web.problems import DoorProblem

ACTS: tuple[Act, ...] = ("undo", "cancel", "delete-now", "remove-file")
_TABLE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,100}")
_FURTHEST = 10_000_000  # rows


class RequestPages:
    """Handlers of `/requests…`, without the door's own forms."""

    def __init__(self, requests: Requests, gate: Gate, door: Door, sheets: Sheets) -> None:
        self._requests = requests
        self._gate = gate
        self._door = door
        self._sheets = sheets

    async def look_up(self, request: Request) -> Response:
        """GET /requests"""
        return self._door.look_up(request, await self._gate.looking(request))

    async def status(self, request: Request) -> Response:
        """GET /requests/{reference}; with `?again=1` the page looks by itself."""
        quietly = request.query_params.get("again") == "1"
        entered = await self._enter(request, "status", quietly=quietly)
        if isinstance(entered, Response):
            return entered
        place, session = entered
        view = await self._view(session, place, quietly=quietly)
        sheet = StatusSheet(view, self._sheets.moments(request))
        return self._sheets.show(request, "status", session, {"place": place, "sheet": sheet})

    async def data(self, request: Request) -> Response:
        """GET /requests/{reference}/data"""
        entered = await self._enter(request, "data")
        if isinstance(entered, Response):
            return entered
        place, session = entered
        view = await to_thread.run_sync(self._requests.data, session.conversation, place.reference)
        if view is None:
            raise RequestNotFound
        context = {"place": place, "sheet": DataSheet(view)}
        return self._sheets.show(request, "data", session, context)

    async def more(self, request: Request) -> Response:
        """GET /requests/{reference}/data/{table}?skip=N: further rows of one table."""
        skip = request.query_params.get("skip", "0")
        table = request.path_params["table"]
        if not (_TABLE.fullmatch(table) and skip.isascii() and skip.isdigit() and len(skip) <= 8):
            raise DoorProblem("not_found")
        entered = await self._enter(request, "data")
        if isinstance(entered, Response):
            return entered
        place, session = entered
        view = await to_thread.run_sync(
            self._requests.more, session.conversation, place.reference, table,
            min(int(skip), _FURTHEST),
        )  # fmt: skip
        if view is None:
            raise RequestNotFound
        context = {"place": place, "table": TableSheet(view)}
        return self._sheets.show(request, "table", session, context)

    async def package(self, request: Request) -> Response:
        """GET /requests/{reference}/package; with `?again=1` the page looks by itself."""
        quietly = request.query_params.get("again") == "1"
        entered = await self._enter(request, "package", quietly=quietly)
        if isinstance(entered, Response):
            return entered
        place, session = entered

        def ask() -> PackageView | None:
            return self._requests.package(session.conversation, place.reference, quietly=quietly)

        view = await to_thread.run_sync(ask)
        if view is None:
            raise RequestNotFound
        download = Place(place.reference, "download")
        proven = (await self._door.needs(session, download, quietly=quietly)).what == "nothing"
        context = {"place": place, "package": view, "proven": proven}
        return self._sheets.show(request, "package", session, context)

    async def ask_download(self, request: Request) -> Response:
        """GET /requests/{reference}/download: only ever the door; the file itself is never an address away."""
        entered = await self._enter(request, "download")
        if isinstance(entered, Response):
            return entered
        return RedirectResponse(entered[0].behind, 303)

    async def download(self, request: Request) -> Response:
        """POST /requests/{reference}/download: the file."""
        place = place_of(request, "download")
        session, _ = await self._gate.acting(request, await self._gate.read(request))
        try:
            found = await to_thread.run_sync(
                self._requests.download, session.conversation, place.reference
            )
        except NotProven:
            return RedirectResponse(place.path, 303)
        if found is None:
            raise RequestNotFound
        return FileAnswer(found)

    async def confirm(self, request: Request) -> Response:
        """GET /requests/{reference}/{act}: says what it does, with the one button that does it."""
        act = _act(request)
        entered = await self._enter(request, act)
        if isinstance(entered, Response):
            return entered
        place, session = entered
        view = await self._view(session, place)
        if act not in view.acts:
            raise NotPossibleNow
        sheet = StatusSheet(view, self._sheets.moments(request))
        context = {"place": place, "act": act, "sheet": sheet}
        return self._sheets.show(request, "confirm", session, context)

    async def act(self, request: Request) -> Response:
        """POST /requests/{reference}/{act}"""
        act = _act(request)
        place = place_of(request, act)
        session, turn = await self._gate.acting(request, await self._gate.read(request))
        verbs: dict[Act, Callable[[str, str, str], None]] = {
            "undo": self._requests.undo,
            "cancel": self._requests.cancel,
            "delete-now": self._requests.delete_now,
            "remove-file": self._requests.remove_package,
        }
        try:
            await to_thread.run_sync(verbs[act], session.conversation, place.reference, turn)
        except NotProven:
            return RedirectResponse(place.path, 303)
        return RedirectResponse(
            f"{place.home}/package" if act == "remove-file" else place.home, 303
        )

    async def not_me(self, request: Request) -> Response:
        """GET /requests/{reference}/not-me?key=…: only a page. Whoever looks at links changes nothing."""
        place = place_of(request, "status")
        secret = request.query_params.get("key", "")
        if not _SECRET.fullmatch(secret):
            raise DoorProblem("link_ended")
        session = await self._gate.looking(request)
        return self._sheets.show(
            request, "not_me", session, {"place": place, "secret": secret, "said": False}
        )

    async def say_not_me(self, request: Request) -> Response:
        """POST /requests/{reference}/not-me: hold the change."""
        place = place_of(request, "status")
        fields = await self._gate.read(request)
        self._gate.stranger(request, fields)
        secret = fields.get("key", "")
        if not _SECRET.fullmatch(secret) or not await to_thread.run_sync(
            self._requests.object_to_change, place.reference, secret
        ):
            raise DoorProblem("link_ended")
        session = await self._gate.looking(request)
        return self._sheets.show(
            request, "not_me", session, {"place": place, "secret": "", "said": True}
        )

    async def _enter(
        self, request: Request, page: str, *, quietly: bool = False
    ) -> tuple[Place, Session] | Response:
        place = place_of(request, page)
        session = await self._gate.looking(request)
        if session is None:
            no_cookie = request.query_params.get("begun") == "1"
            told = Told(self._sheets.words(request, "requests_no_cookie")) if no_cookie else None
            return self._door.show(request, None, place, NOTHING_YET, told)
        needs = await self._door.needs(session, place, quietly=quietly)
        if needs.what != "nothing":
            return self._door.show(request, session, place, needs)
        return place, session

    async def _view(self, session: Session, place: Place, *, quietly: bool = False) -> StatusView:
        def ask() -> StatusView | None:
            return self._requests.status(session.conversation, place.reference, quietly=quietly)

        view = await to_thread.run_sync(ask)
        if view is None:
            raise RequestNotFound
        return view


def _act(request: Request) -> Act:
    wanted = request.path_params["act"]
    for act in ACTS:
        if act == wanted:
            return act
    raise DoorProblem("not_found")

"""Lists of requests and of tasks, a page at a time; a reference that is typed leads to its request."""

from typing import cast

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.agents.roles import Act
from privacy.desk.requests.desk import RequestDesk
from privacy.desk.requests.lists import MOST, TASK_VIEWS, VIEWS, Order, TaskView, View
from privacy.errors import RequestNotFound
from privacy.references import parse_reference
from web.desk.gate import Gate
from web.desk.screens import Screens


class ListPages:
    """Handlers of `/requests` and `/requests/tasks`."""

    def __init__(self, desk: RequestDesk, gate: Gate, screens: Screens) -> None:
        self._desk = desk
        self._gate = gate
        self._screens = screens

    async def requests(self, request: Request) -> Response:
        """GET /requests"""
        visit = await self._gate.visit(request, Act.READ_REQUESTS)
        query = request.query_params
        typed = query.get("find", "").strip()
        problem = None
        if typed:
            reference = parse_reference(typed)
            if reference is not None:
                return RedirectResponse(f"/requests/{reference}", 303)
            problem = RequestNotFound("no reference")
        view = cast(View, query.get("view") if query.get("view") in VIEWS else "open")
        order: Order = "wait" if query.get("order") == "wait" else "clock"
        after = query.get("after", "")
        page = await to_thread.run_sync(self._desk.lists.requests, view, visit.agent, order, after)
        return self._screens.page(
            request,
            visit,
            "requests/list.html",
            page=page,
            counts=await to_thread.run_sync(self._desk.lists.counts, visit.agent),
            view=view,
            views=VIEWS,
            order=order,
            after=after,
            most=MOST,
            typed=typed,
            problem=problem,
        )

    async def tasks(self, request: Request) -> Response:
        """GET /requests/tasks"""
        visit = await self._gate.visit(request, Act.READ_REQUESTS)
        query = request.query_params
        view = cast(TaskView, query.get("view") if query.get("view") in TASK_VIEWS else "waiting")
        after = query.get("after", "")
        return self._screens.page(
            request,
            visit,
            "requests/tasks.html",
            page=await to_thread.run_sync(self._desk.lists.tasks, view, visit.agent, after),
            counts=await to_thread.run_sync(self._desk.lists.task_counts, visit.agent),
            view=view,
            views=TASK_VIEWS,
            after=after,
            most=MOST,
        )

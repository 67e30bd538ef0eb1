"""The addresses of requests, tasks and figures."""

from starlette.routing import Route

from privacy.settings import Settings
from privacy.wiring import Vera
from web.desk.gate import Gate
from web.desk.requests.figure_pages import FigurePages
from web.desk.requests.list_pages import ListPages
from web.desk.requests.request_pages import RequestPages
from web.desk.requests.task_pages import TaskPages
from web.desk.screens import Screens


def routes(vera: Vera, gate: Gate, screens: Screens, settings: Settings) -> list[Route]:
    """For the desk's application."""
    desk = vera.request_desk
    lists = ListPages(desk, gate, screens)
    requests = RequestPages(desk, vera.policy, gate, screens)
    tasks = TaskPages(desk, gate, screens, settings, vera.clock)
    figures = FigurePages(desk, gate, screens)
    one, task = "/requests/{reference}", "/requests/tasks/{task}"
    return [
        Route("/requests", lists.requests, methods=["GET"]),
        Route("/requests/tasks", lists.tasks, methods=["GET"]),
        Route(task, tasks.show, methods=["GET"]),
        *(Route(f"{task}/{name}", verb, methods=["POST"]) for name, verb in tasks.verbs.items()),
        Route(one, requests.show, methods=["GET"]),
        *(Route(f"{one}/{name}", verb, methods=["POST"]) for name, verb in requests.verbs.items()),
        Route("/figures", figures.show, methods=["GET"]),
        Route("/figures.csv", figures.csv, methods=["GET"]),
    ]

"""The service process: chat, health and the action door in one event loop, and the work in the background.

The doors are separate applications on separate ports, so that what faces the company's own people, and what
only Rasa may call, is never reachable where customers are.
"""

import asyncio
import contextlib
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from actions import server as actions_server
from command import folder, health, ports
from command.failure import CannotStart
from command.preflight import read_settings
from command.supervision import NO_USE_TRYING
from privacy.agents.provider.setting import ProviderSettingWrong
from privacy.chatwoot.connection import ChatwootSettingWrong
from privacy.datamap.load import DataMapWrong
from privacy.fulfilment.engine.port import EngineUnusable
from privacy.logging import configure_logging
from privacy.mail.errors import MailSettingWrong
from privacy.policy import PolicyBroken
from privacy.settings import Settings
from privacy.wiring import Vera, build
from web.chat.app import create_app as create_chat
from web.chat.requests.house import HouseRequests
from web.chatwoot.webhook import routes as chatwoot_routes
from web.desk.app import DeskDoor
from web.desk.provider_entrance import ProviderEntrance, provider_routes
from web.desk.requests.routes import routes as request_routes

log = structlog.get_logger()

_CONNECTIONS = 65_536
_LEAVE_WITHIN = 4  # seconds for answers that are on their way when the service is told to stop


def main() -> int:
    """The exit status."""
    try:
        settings = read_settings()
        configure_logging(settings.log_level)
        _allow_many_connections()
        with folder.hold(folder.prepare(settings.data_dir), "service.lock"):
            asyncio.run(serve(settings))
    except CannotStart as failure:
        sys.stderr.write(f"{failure}\n")
        return NO_USE_TRYING
    return 0


def _allow_many_connections() -> None:
    """Each open page is a connection, and many systems give a process 1,024 unless it asks for more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _CONNECTIONS if hard == resource.RLIM_INFINITY else min(_CONNECTIONS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises CannotStart."""
    if not settings.internal_secret:
        raise CannotStart(
            "The service is started by `vera run`, which gives it the secret that it shares with Rasa."
        )
    try:
        vera = build(settings)
    except (
        PolicyBroken,
        DataMapWrong,
        MailSettingWrong,
        ChatwootSettingWrong,
        ProviderSettingWrong,
    ) as error:
        raise CannotStart(str(error)) from None
    desk = _desk(vera, settings)
    doors = _doors(vera, settings, desk.app)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _running(vera):
        servers = [_Server(app, name) for name, app, _ in doors]
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener]), name=server.name)
            for server, (_, _, listener) in zip(servers, doors, strict=True)
        ]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        vera.conversations.close_streams()
        desk.close_streams()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)
        ended_early = not stopping.done()
        stopping.cancel()
    if ended_early:
        raise RuntimeError("a door closed by itself")


@contextlib.asynccontextmanager
async def _running(vera: Vera) -> AsyncIterator[None]:
    try:
        async with vera.running():
            yield
    except EngineUnusable as error:
        raise CannotStart(str(error)) from None


def _doors(
    vera: Vera, settings: Settings, desk: Starlette
) -> list[tuple[str, Starlette, socket.socket]]:
    chat = create_chat(vera.conversations, settings, vera.say, requests=HouseRequests(vera))
    action = actions_server.create_app(vera, settings.internal_secret)
    return [
        ("chat", chat, ports.listen(settings.host, settings.port, "VERA_PORT", "VERA_HOST")),
        (
            "desk",
            desk,
            ports.listen(
                settings.desk_host, settings.desk_port, "VERA_DESK_PORT", "VERA_DESK_HOST"
            ),
        ),
        (
            "actions",
            action,
            ports.listen(ports.LOOPBACK, settings.actions_port, "VERA_ACTIONS_PORT", "VERA_HOST"),
        ),
    ]


def _desk(vera: Vera, settings: Settings) -> DeskDoor:
    """The agents' door, and beside it what else belongs on its port."""
    rings = chatwoot_routes(vera.chatwoot.bell) if vera.chatwoot else []
    desk = DeskDoor(vera.desk, settings, vera.clock, [*_health(vera, settings), *rings])
    desk.add(request_routes(vera, desk.gate, desk.screens, settings))
    if company := vera.company_sign_in:
        entrance = ProviderEntrance(
            company.provider,
            company.admission,
            vera.desk.sessions,
            desk.gate,
            desk.screens,
            settings,
        )
        desk.add(provider_routes(entrance))
    return desk


def _health(vera: Vera, settings: Settings) -> list[Route]:
    probes = {
        "service": health.probe_answer(_always),
        "database": health.probe_database(vera.database),
        "rasa": health.probe_answer(vera.brain.ready),
        "outbox": health.probe_outbox(vera.database, vera.clock),
        "work": health.probe_work(vera.database, vera.clock, vera.works),
    }
    if chatwoot := vera.chatwoot:
        probes["chatwoot"] = health.probe_chatwoot(
            vera.database, vera.clock, lambda: chatwoot.away_since
        )
    return health.routes(probes, settings.data_dir)


async def _always() -> bool:
    return True


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to us and says nothing of itself to the network."""

    def __init__(self, app: Starlette, name: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                ws="none",
                timeout_graceful_shutdown=_LEAVE_WITHIN,
                timeout_keep_alive=30,
            )
        )
        self.name = name

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

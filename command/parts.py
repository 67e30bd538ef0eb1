"""What Vera consists of on one machine: each part's command, environment and health address.

Each part is told only what it needs. The Rasa process and the mailbox get a bare environment with none of the
company's settings: no database, no mail server, no keys.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command.ports import LOOPBACK, address, free_port
from command.supervision import Part
from privacy.settings import Settings
from tools.bootstrap import bot_environment

_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "OMP_NUM_THREADS")
_NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSTARTUP", "PYTHONINSPECT")


@dataclass(frozen=True)
class Plan:
    """The parts, in the order in which they are stopped, and the addresses for people."""

    parts: tuple[Part, ...]
    chat: str
    desk: str
    mailbox: str | None


def plan(settings: Settings, data: Path, model: Path, inherited: Mapping[str, str]) -> Plan:
    """Choose ports and a secret, and say how each part is started."""
    taken = {settings.port, settings.desk_port}
    rasa_port, actions_port = free_port(taken), free_port(taken)
    secret = secrets.token_urlsafe(32)
    bare = {
        key: value for key, value in inherited.items() if key in _PASSED_ON or key.startswith("LC_")
    }
    bare["PYTHONUNBUFFERED"] = "1"

    mailbox = (
        None if settings.smtp_url else _mailbox(bare, data, free_port(taken), free_port(taken))
    )
    rasa = _rasa(settings, bare, data, model, rasa_port, actions_port, secret)
    # The data map may name any variable of the environment, so the service keeps all of them.
    own = {key: value for key, value in inherited.items() if key not in _NOT_INHERITED}
    own.update(
        **whole_paths(settings),
        PYTHONUNBUFFERED="1",
        VERA_RASA_URL=f"http://{LOOPBACK}:{rasa_port}",
        VERA_ACTIONS_PORT=str(actions_port),
        VERA_INTERNAL_SECRET=secret,
    )
    if mailbox is not None:
        own["VERA_SMTP_URL"] = f"smtp://{LOOPBACK}:{mailbox.ports['smtp']}"
        if not settings.sms_url:
            own["VERA_SMS_URL"] = f"http://demo:demo@{LOOPBACK}:{mailbox.ports['web']}"
    chat, desk = (
        address(settings.host, settings.port),
        address(settings.desk_host, settings.desk_port),
    )
    service = Part(
        name="service",
        label="The service",
        command=(sys.executable, "-m", "command", "serve"),
        environment=own,
        health=f"{desk}/health/live",
        ports={"chat": settings.port, "desk": settings.desk_port, "actions": actions_port},
    )
    parts = (service, rasa) if mailbox is None else (service, rasa, mailbox)
    return Plan(
        parts,
        f"{chat}/chat",
        desk,
        None if mailbox is None else address(LOOPBACK, mailbox.ports["web"]),
    )


def whole_paths(settings: Settings) -> dict[str, str]:
    """The settings that are paths, as they read from this folder; the parts run in another."""
    return {
        "VERA_DATA_DIR": str(settings.data_dir),
        "VERA_POLICY": str(settings.policy),
        "VERA_DATAMAP": str(settings.datamap),
        "VERA_TOMBSTONES": settings.tombstones,
    }


def _rasa(
    settings: Settings,
    bare: Mapping[str, str],
    data: Path,
    model: Path,
    port: int,
    actions_port: int,
    secret: str,
) -> Part:
    environment = {
        **bare,
        "VERA_RASA_PORT": str(port),
        "VERA_ACTIONS_URL": f"http://{LOOPBACK}:{actions_port}/webhook",
        "VERA_INTERNAL_SECRET": secret,
        "VERA_TRACKER_DB": f"sqlite:///{data / 'rasa.db'}",
        "VERA_MODEL": str(model),
        "VERA_RASA_LOG_LEVEL": settings.rasa_log_level,
        "RASA_TELEMETRY_ENABLED": "false",
        # One conversation turn is too small for more threads; they only fight with the service for the cores.
        "OMP_NUM_THREADS": bare.get("OMP_NUM_THREADS", "1"),
    }
    return Part(
        name="rasa",
        label="Rasa",
        command=(str(bot_environment().python), "-m", "bot.launch"),
        environment=environment,
        health=f"http://{LOOPBACK}:{port}/webhooks/vera/health",
        ports={"rasa": port},
    )


def _mailbox(bare: Mapping[str, str], data: Path, smtp_port: int, web_port: int) -> Part:
    ports = ("--smtp-port", str(smtp_port), "--web-port", str(web_port))
    return Part(
        name="mailbox",
        label="The mailbox",
        command=(sys.executable, "-m", "demo.mailbox", *ports, "--dir", str(data / "mailbox")),
        environment=dict(bare),
        health=f"tcp://{LOOPBACK}:{smtp_port}",
        ports={"smtp": smtp_port, "web": web_port},
    )

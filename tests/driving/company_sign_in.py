"""The company's own sign-in for the tests: canaille, a real OpenID provider, on a port of this machine.

It runs in a thread, so that a test can move people between groups and change its keys while it answers.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.memory.backend import MemoryBackend
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.driving.house import free_ports

CLIENT: Final = "vera"
SECRET: Final = "known to both of them"
_PASSWORD: Final = "correct horse battery"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


class _Memory(MemoryBackend):  # type: ignore[misc]
    """Rows in memory. Canaille's own memory finds what fits one of several conditions; its databases, what fits all."""

    __module__ = MemoryBackend.__module__  # its models are looked for beside it

    def do_query(self, model: Any, *args: Any, **wanted: Any) -> list[Any]:
        found = [
            {one.id: one for one in super(_Memory, self).do_query(model, *args, **{name: value})}
            for name, value in wanted.items()
        ]
        if not found:
            return list(super().do_query(model, *args))
        return [one for key, one in found[0].items() if all(key in others for others in found)]


class CompanySignIn:
    """People with passwords, in groups; and one client, which is Vera."""

    def __init__(self, back: str) -> None:
        [self._port] = free_ports(1)
        self.issuer = f"http://127.0.0.1:{self._port}"
        memory = _Memory({})
        self._app = create_app(
            backend=memory,
            config={
                "SECRET_KEY": "of the tests alone",
                "SERVER_NAME": f"127.0.0.1:{self._port}",
                "PREFERRED_URL_SCHEME": "http",
                "CANAILLE": {
                    "DATABASE": "memory",
                    "LOGGING": {"version": 1, "disable_existing_loggers": False},
                },
                "CANAILLE_OIDC": {"TRUSTED_DOMAINS": ["127.0.0.1"], "ACTIVE_JWKS": [_key()]},
            },
        )
        memory.config = self._app.config
        self._app.logger.disabled = True  # it has levels of its own
        with self._app.app_context():
            client = models.Client(
                client_id=CLIENT,
                client_secret=SECRET,
                client_name="Vera",
                client_uri=self.issuer,  # of a trusted domain: no page asks for consent
                client_id_issued_at=datetime.now(UTC),
                redirect_uris=[back],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid", "profile", "email", "groups"],
                token_endpoint_auth_method="client_secret_basic",
            )
            Backend.instance.save(client)
            client.audience = [client]
            Backend.instance.save(client)

    @contextmanager
    def running(self) -> Iterator["CompanySignIn"]:
        """It answers for as long as this block lasts."""
        server = make_server(
            "127.0.0.1", self._port, self._app, threaded=True, request_handler=_Quiet
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()

    def employ(self, login: str, name: str, groups: Sequence[str]) -> None:
        """Somebody who can sign in."""
        with self._app.app_context():
            Backend.instance.save(
                models.User(
                    user_name=login,
                    formatted_name=name,
                    family_name=name.split()[-1],
                    emails=[f"{login}@alder.example"],
                    password=_PASSWORD,
                )
            )
        self.move(login, groups)

    def move(self, login: str, groups: Sequence[str]) -> None:
        """Into these groups, and out of all others."""
        with self._app.app_context():
            backend = Backend.instance
            person = backend.get(models.User, user_name=login)
            for group in backend.query(models.Group):
                group.members = [one for one in group.members if one.id != person.id]
                (backend.save if group.members else backend.delete)(group)
            for name in groups:
                found = backend.get(models.Group, display_name=name)
                group = found or models.Group(display_name=name, members=[])
                group.members = [*group.members, backend.get(models.User, user_name=login)]
                backend.save(group)

    def change_keys(self) -> None:
        """Sign with another key from now on; the old one is not published any more."""
        self._app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [_key()]

    async def sign_in(self, browser: httpx.AsyncClient, address: str, login: str) -> str:
        """Go where Vera sent the browser, and type what is asked for; returns the way back to Vera."""
        answer = await browser.get(address)
        for _ in range(8):
            if answer.is_redirect:
                onward = answer.url.join(answer.headers["location"])
                if not str(onward).startswith(self.issuer):
                    return str(onward)
                answer = await browser.get(onward)
                continue
            typed = {"login": login, "password": _PASSWORD}
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)
            assert token, answer.text[:2000]
            fields = {name: typed[name] for name in typed if f'name="{name}"' in answer.text} | {
                "csrf_token": token[1]
            }
            answer = await browser.post(answer.url, data=fields)
        raise AssertionError(f"no way back: {answer.status_code} at {answer.url}")


def _key() -> dict[str, Any]:
    return dict(RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True))

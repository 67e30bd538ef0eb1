"""The door that Rasa's action calls come through: loopback, a shared secret, nothing echoed.

`rasa_sdk`'s own server answers an error with the whole request (tracker and all); this one answers with a
class name. Actions are run by `rasa_sdk.executor.ActionExecutor` in this process: no second server, no
pickled workers.
"""

import hmac
import json
import warnings
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.registry import all_actions
from privacy.wiring import Vera

log = structlog.get_logger()

MAX_BODY = 2_000_000


def create_app(vera: Vera, secret: str) -> Starlette:
    """The application for the internal port; `secret` is what Rasa must present."""
    if len(secret) < 16:
        raise ValueError("the action door needs a secret of at least 16 characters")
    executor = ActionExecutor()
    for action in all_actions(vera):
        executor.register_action(action)
    expected = f"Bearer {secret}".encode()
    # Rasa 3.6 and the 3.21 SDK speak the same HTTP; the SDK warns at every call that their numbers differ.
    warnings.filterwarnings("ignore", message="Your versions of rasa and rasa_sdk")

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return JSONResponse({"error": "not allowed"}, 401)
        body = await request.body()
        if len(body) > MAX_BODY:
            return JSONResponse({"error": "too large"}, 413)
        try:
            call: dict[str, Any] = json.loads(body)
        except ValueError:
            return JSONResponse({"error": "not JSON"}, 400)
        if not isinstance(call, dict) or not call.get("next_action"):
            return JSONResponse({"error": "not an action call"}, 400)
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as rejected:
            return JSONResponse({"error": "rejected", "action_name": rejected.action_name}, 400)
        except ActionNotFoundException as unknown:
            log.error("unknown action", name=str(unknown.action_name))
            return JSONResponse(
                {"error": "unknown action", "action_name": unknown.action_name}, 404
            )
        except Exception as error:
            log.exception("action door failed")
            return JSONResponse({"error": type(error).__name__}, 500)
        # What the action committed may be mail or work: neither should wait for the next look.
        vera.wake()
        vera.fulfilment.wake()
        return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})

    return Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])

"""Chatwoot's webhook. It is answered once what it rang for is written down; Chatwoot marks a message as failed where it
has no good answer within seconds."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from privacy.chatwoot.bell import Bell, NotFromChatwoot, Unreadable
from privacy.errors import MessageTooLong
from web.bodies import read_raw

LONGEST = 1024 * 1024
"""Bytes of a call; Chatwoot's messages have at most 150,000 letters."""


def routes(bell: Bell) -> list[Route]:
    """`POST /chatwoot`, signed, and `POST /chatwoot/SECRET` for a Chatwoot that does not sign."""

    async def answer(request: Request) -> Response:
        secret = request.path_params.get("secret")
        try:
            body = await read_raw(request, LONGEST)
            if secret is None:
                signature = request.headers.get("x-chatwoot-signature", "")
                timestamp = request.headers.get("x-chatwoot-timestamp", "")
                await run_sync(lambda: bell.ring(body, signature=signature, timestamp=timestamp))
            else:
                await run_sync(bell.ring_by_secret, body, secret)
        except NotFromChatwoot:
            return Response(status_code=401)
        except Unreadable:
            return Response(status_code=400)
        except MessageTooLong:
            return Response(status_code=413)
        return Response(status_code=200)

    return [
        Route("/chatwoot", answer, methods=["POST"]),
        Route("/chatwoot/{secret:str}", answer, methods=["POST"]),
    ]

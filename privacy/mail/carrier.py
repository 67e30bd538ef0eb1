"""What takes messages away, as the sender sees it: one carrier for mails, one for text messages.

Knows neither SMTP nor HTTP, and not the outbox.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from privacy.mail.message import Draft

type By = Literal["mail", "text"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of handing one message over.

    sent; put_off: try again; refused: never try again; away: the server takes nobody's messages now;
    over: its time was over before it could leave. `reply_code`: of SMTP or of HTTP.
    """

    what: Literal["sent", "put_off", "refused", "away", "over"]
    reply_code: int | None = None
    reason: str = ""


class Line(Protocol):
    """A connection that serves the messages of one round."""

    async def deliver(self, draft: Draft, is_over: Callable[[], bool]) -> Outcome:
        """Hand the message over; every failure of server or network is an outcome, not an exception.

        `is_over` is asked at the last moment: connecting may have taken a while.
        """
        ...


class Carrier(Protocol):
    """One way out of the house (`delivery.MailCarrier`, `texts.TextCarrier`)."""

    @property
    def by(self) -> By: ...
    @property
    def port(self) -> int: ...
    def line(self, *, connect: float, answer: float) -> AbstractAsyncContextManager[Line]:
        """A line that waits so many seconds to connect, and for an answer."""
        ...

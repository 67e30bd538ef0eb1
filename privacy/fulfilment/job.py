"""What carrying a request out consists of, for those who write a course: the job, its durable steps, its end.

A course is what one right means (`see`, `correct`, `export`, `delete`, `stop`). It is run from its beginning each
time; whatever was done before is not done twice. It knows no workflow engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from privacy.contacts import Contact
from privacy.datamap.scope import Scope
from privacy.requests import Reason
from privacy.systems.port import Place

type Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
type Places = Mapping[str, tuple[Place, ...]]
"""By system: where the subject's rows are."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request that is being carried out. Holds personal data: never logged."""

    request: str
    reference: str
    kind: str
    run: int
    subjects: tuple[str, ...]
    contact: Contact  # the contact that was proven (or, for opt-outs, named)
    mail_to: str  # "" where no address is on file
    details: Mapping[str, str]
    scope: Scope
    places: Places
    conversation: str
    language: str
    received_at: datetime
    due_at: datetime

    def __repr__(self) -> str:
        return f"Job({self.reference}, {self.kind}, run {self.run})"


class Steps(Protocol):
    """Runs the parts of a course durably."""

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        """Do `act` once: after a crash a finished step is not run again, its result is given instead; one that was
        not finished is run again, so `act` is idempotent. The result is ids and numbers, nothing personal.

        `name` is unique within the run ("erase:shop"). SystemDown and SystemRefused pass through (and are not
        remembered as the step's result).
        """
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """The request is done: closed, told by mail and in the conversation, all in one transaction.

    `say` names a wording of `data/`, `mail` a kind of letter; `values` are for both. `also` writes in the same
    transaction. `mail_to` is another address than the job's, where that is the one to write to from now on.
    """

    say: str
    mail: str
    values: Mapping[str, str] = field(default_factory=dict)
    reason: Reason | None = None
    also: Callable[[Connection], None] | None = None
    mail_to: str | None = None

    def __repr__(self) -> str:
        return f"Done({self.say})"


@dataclass(frozen=True, slots=True)
class SystemsDown:
    """Some systems could not be reached; the job is run again later, with growing pauses."""

    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForPerson:
    """Open tasks have to be done by a person first; the job is run again when all of them are.

    `told`: the course has told the customer already.
    """

    told: bool = False


@dataclass(frozen=True, slots=True)
class Declined:
    """A person has looked and the answer is no: closed with a reason, told like `Done`.

    `reason` is what the state machine wants (GDPR Art. 12(4): reasons are told); the rest as in `Done`.
    """

    reason: Reason
    say: str
    mail: str
    values: Mapping[str, str] = field(default_factory=dict)
    also: Callable[[Connection], None] | None = None
    mail_to: str | None = None

    def __repr__(self) -> str:
        return f"Declined({self.say}, {self.reason})"


type Outcome = Done | SystemsDown | ForPerson | Declined


class Course(Protocol):
    """How one kind of request is carried out."""

    def take(self, job: Job, steps: Steps) -> Outcome: ...

"""The engine made of DBOS Transact: one workflow for each run, its steps remembered by name.

DBOS remembers steps by their position. A course asks the database how far it is, so after a crash it may go
another way than before; therefore each run begins by reading which steps are finished, by name, and new ones
take positions after all of those. Nothing personal comes here: ids, numbers and names of steps, as JSON. What a
step raises is carried past DBOS, which would write its text down.
"""

import contextvars
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from privacy.crashpoints import crashpoint
from privacy.fulfilment.engine.port import Body, EngineUnusable, Interrupted, Standing
from privacy.fulfilment.engine.workflows_database import SCHEMA, open_engine
from privacy.fulfilment.job import Json

if TYPE_CHECKING:
    from dbos import DBOSConfig

log = structlog.get_logger()

# Raised by hand when the meaning of a run or of its steps changes so that old ones cannot be gone on with.
WORKFLOWS: Final = "1"
_RECOVERIES: Final = 5
_FORGET_AT_ONCE: Final = 500
_RAISED: Final = "__raised__"
_OVER: Final = ("SUCCESS", "ERROR", "CANCELLED")

type Run = tuple[str, int]


class DbosEngine:
    """DBOS knows one instance in a process: so does this. It can be started again once it was stopped."""

    def __init__(self, url: str, executor: str, *, patience: float = 10.0) -> None:
        self._url = url
        self._executor = executor
        self._patience = patience
        self._active: set[Run] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._body: Body | None = None
        self._on_over: Callable[[], None] = lambda: None

    def start(self, body: Body, on_over: Callable[[], None]) -> None:
        global _working
        with _one_at_a_time:
            if _working is not None:
                raise EngineUnusable("The workflow engine runs already in this process.")
            _working = self
        try:
            self._body, self._on_over, self._stopping = body, on_over, False
            self._engine = open_engine(self._url)
            self._launch()
        except BaseException as error:
            self._let_go()
            if isinstance(error, SQLAlchemyError):  # its own text may quote the URL
                raise EngineUnusable(
                    f"The database of the workflows cannot be used ({type(error).__name__}): "
                    "look at VERA_DATABASE_URL, or at the data folder."
                ) from None
            raise

    def stop(self) -> None:
        with self._changed:
            if _working is not self:
                return
            self._stopping = True
            self._changed.wait_for(lambda: not self._active, self._patience)
            left = len(self._active)
        if left:
            log.warning("workflows still in a step", count=left)
        self._let_go()

    def begin(self, request: str, run: int) -> None:
        from dbos import DBOS, SetWorkflowID

        with self._changed:
            if self._stopping or self.standing(request, run) is not Standing.UNKNOWN:
                return
            self._active.add((request, run))
        try:
            with SetWorkflowID(_id_of(request, run)):
                DBOS.start_workflow(_workflow(), request, run)
        except BaseException:
            self._leave((request, run))
            raise

    def resume(self, request: str, run: int) -> None:
        from dbos import DBOS

        DBOS.resume_workflow(_id_of(request, run))

    def standing(self, request: str, run: int) -> Standing:
        from dbos import DBOS

        if (request, run) in self._active:
            return Standing.HERE
        found = DBOS.get_workflow_status(_id_of(request, run))
        if found is None:
            return Standing.UNKNOWN
        if found.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
            return Standing.GIVEN_UP
        return Standing.OVER if found.status in _OVER else Standing.PENDING

    def active(self) -> frozenset[Run]:
        with self._changed:
            return frozenset(self._active)

    def forget(self, before: datetime) -> int:
        from dbos import DBOS

        ended = DBOS.list_workflows(
            status=[*_OVER, "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            end_time=before.astimezone(UTC).isoformat(),
            limit=_FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([one.workflow_id for one in ended])
        return len(ended)

    def carry_out(self, request: str, run: int) -> str:
        """What DBOS calls, in a thread of its own."""
        assert self._body is not None
        with self._working_on((request, run)):
            if self._stopping:
                raise Interrupted
            try:
                return self._body(request, run, DbosSteps(_id_of(request, run), self._is_stopping))
            except Exception as error:
                # The body tells of its own failures; this one broke it. Its text stays out of DBOS.
                log.exception("run broke", request=request)
                return f"broke: {type(error).__name__}"

    def _launch(self) -> None:
        from dbos import DBOS

        _hand_over_logging()
        _workflow()
        config: DBOSConfig = {
            "name": "vera",
            "system_database_url": _plain(self._url),
            "system_database_engine": self._engine,
            "dbos_system_schema": SCHEMA,
            "application_version": WORKFLOWS,
            "executor_id": self._executor,
            "serializer": _serializer(),
            "use_listen_notify": False,  # nothing here waits for messages of DBOS
            "enable_otlp": False,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        DBOS.launch()

    def _let_go(self) -> None:
        global _working
        from dbos import DBOS

        DBOS.destroy()
        if hasattr(self, "_engine"):
            self._engine.dispose()
        with _one_at_a_time:
            _working = None

    def _is_stopping(self) -> bool:
        return self._stopping

    @contextmanager
    def _working_on(self, run: Run) -> Iterator[None]:
        with self._changed:
            self._active.add(run)
        try:
            yield
        finally:
            self._leave(run)

    def _leave(self, run: Run) -> None:
        with self._changed:
            self._active.discard(run)
            self._changed.notify_all()
        self._on_over()


class DbosSteps:
    """The steps of one run. A course may take several at once, from threads of its own."""

    def __init__(self, workflow: str, stopping: Callable[[], bool]) -> None:
        self._context = contextvars.copy_context()
        self._stopping = stopping
        self._lock = threading.Lock()
        self._finished = self._read(workflow)

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        from dbos import DBOS

        with self._lock:
            if name in self._finished:
                return self._finished[name]
            if self._stopping():
                raise Interrupted
            reserved = self._context.copy().run(DBOS.reserve_step)
        crashpoint(f"before-step:{name}")
        try:
            result = self._context.copy().run(
                lambda: reserved.run({"name": name}, _Carried.past_dbos(name, act))
            )
        except _Carried as carried:
            raise carried.error from None
        except Exception as error:  # of the engine itself: the run is not ours any more, or no disk
            log.warning("step not remembered", name=name, error=type(error).__name__)
            raise Interrupted from error
        crashpoint(f"after-step:{name}")
        with self._lock:
            self._finished[name] = result
        return result

    def _read(self, workflow: str) -> dict[str, Json]:
        """Which steps were finished before a crash; the next one stands after all of them."""
        from dbos import DBOS

        with ThreadPoolExecutor(1) as outside:  # there, asking is not itself a step
            recorded = outside.submit(DBOS.list_workflow_steps, workflow).result()
        last = max((step["function_id"] for step in recorded), default=0)
        while last > 0 and DBOS.reserve_step().step_id < last:
            pass
        return {step["function_name"]: step["output"] for step in recorded}


class _Carried(BaseException):
    """An exception on its way past DBOS, which writes down every `Exception` with its text."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    @classmethod
    def past_dbos(cls, name: str, act: Callable[[], Json]) -> Callable[[], Json]:
        def step() -> Json:
            try:
                result = act()
                json.dumps(result, allow_nan=False)  # what cannot be kept is the act's own failure
            except Exception as error:
                raise cls(error) from None
            crashpoint(f"acted:{name}")  # and not yet remembered
            return result

        return step


_one_at_a_time = threading.Lock()
_working: DbosEngine | None = None
_registered: Any = None


def _workflow() -> Any:
    """The one workflow, made known to DBOS once in a process."""
    global _registered
    if _registered is None:
        from dbos import DBOS

        def carry_out(request: str, run: int) -> str:
            if _working is None:
                raise Interrupted
            return _working.carry_out(request, run)

        _registered = DBOS.workflow(name="carry_out", max_recovery_attempts=_RECOVERIES)(carry_out)
    return _registered


def _serializer() -> Any:
    """JSON, so that nobody who can write the file can make us run code."""
    from dbos import Serializer

    class JsonSerializer(Serializer):
        def serialize(self, data: Any) -> str:
            if isinstance(data, BaseException):
                data = {_RAISED: type(data).__name__}
            return json.dumps(data, allow_nan=False)

        def deserialize(self, serialized_data: str) -> Any:
            read = json.loads(serialized_data)
            if isinstance(read, dict) and read.keys() == {_RAISED}:
                return RuntimeError(read[_RAISED])
            return read

        def name(self) -> str:
            return "vera_json"

    return JsonSerializer()


def _hand_over_logging() -> None:
    """DBOS puts up a console of its own unless its logger has a handler; ours drops what may quote a person."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = True


def _id_of(request: str, run: int) -> str:
    return f"{request}:{run}"


def _plain(url: str) -> str:
    """Which kind of database; the engine holds the rest, with its password."""
    return "sqlite:///workflows.db" if url.startswith("sqlite") else "postgresql://vera/workflows"

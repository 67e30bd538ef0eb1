"""Requests at the desk, put together: every verb and every page of them, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from privacy.clock import Clock
from privacy.datamap.model import DataMap
from privacy.desk.figures import Figures
from privacy.desk.requests.books import Books
from privacy.desk.requests.deciding import Deciding
from privacy.desk.requests.helping import Helping
from privacy.desk.requests.identity import Identity
from privacy.desk.requests.lists import Lists
from privacy.desk.requests.proposals import Proposals
from privacy.desk.requests.reviewing import Reviewing
from privacy.desk.requests.sheet import Sheets
from privacy.desk.requests.tasks import DeskTasks
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.delete.holds import Holds
from privacy.fulfilment.export.review import Review
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.directory import Directory


@dataclass(frozen=True)
class RequestDesk:
    """What the doors use of it."""

    lists: Lists
    sheets: Sheets
    deciding: Deciding
    identity: Identity
    tasks: DeskTasks
    helping: Helping
    reviewing: Reviewing
    figures: Figures

    @classmethod
    def of(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        datamap: DataMap,
        directory: Directory,
        works: Works,
        tasks: Tasks,
        progress: Progress,
        news: News,
        holds: Holds,
        review: Review,
        zone: ZoneInfo,
        wake: Callable[[], None],
    ) -> Self:
        """Put it together; `wake` lets work begin that is due now."""
        books = Books(clock, policy, works, zone)
        proposals = Proposals(keyring, clock)
        identity = Identity(
            database=database,
            keyring=keyring,
            clock=clock,
            books=books,
            works=works,
            directory=directory,
            news=news,
            zone=zone,
            wake=wake,
        )
        helping = Helping(
            database=database,
            keyring=keyring,
            clock=clock,
            books=books,
            works=works,
            holds=holds,
            directory=directory,
            wake=wake,
        )
        desk_tasks = DeskTasks(database, clock, tasks, wake)
        return cls(
            lists=Lists(database, clock),
            sheets=Sheets(
                database=database,
                keyring=keyring,
                clock=clock,
                policy=policy,
                datamap=datamap,
                books=books,
                progress=progress,
                proposals=proposals,
                helping=helping,
                identity=identity,
            ),
            deciding=Deciding(
                database=database,
                keyring=keyring,
                clock=clock,
                policy=policy,
                books=books,
                works=works,
                tasks=tasks,
                progress=progress,
                proposals=proposals,
                news=news,
                zone=zone,
                labels=datamap.labels,
            ),
            identity=identity,
            tasks=desk_tasks,
            helping=helping,
            reviewing=Reviewing(review, desk_tasks, lambda: datamap),
            figures=Figures(database, clock, zone),
        )

"""Builds what carries requests out: the engine, its books, and one course for each kind of request."""

import hashlib
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from privacy.clock import Clock
from privacy.conversations.announcements import Announcements
from privacy.fulfilment.books.notes import Notes
from privacy.fulfilment.books.progress import Progress
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.correct.course import CorrectCourse
from privacy.fulfilment.correct.objections import Objections
from privacy.fulfilment.correct.person import PersonSays
from privacy.fulfilment.correct.receipt import CorrectReceipt
from privacy.fulfilment.delete.course import DeleteCourse, DeleteParts
from privacy.fulfilment.delete.holds import Holds
from privacy.fulfilment.delete.kept import Kept
from privacy.fulfilment.delete.notes import DeletionNotes
from privacy.fulfilment.delete.replay import Replay
from privacy.fulfilment.delete.tombstones import Tombstones
from privacy.fulfilment.engine.carrying_out import CarryingOut
from privacy.fulfilment.engine.dbos_engine import DbosEngine
from privacy.fulfilment.engine.ends import Ends
from privacy.fulfilment.engine.runner import Runner
from privacy.fulfilment.engine.workflows_database import url_of
from privacy.fulfilment.export.course import ExportCourse
from privacy.fulfilment.export.packages import Packages
from privacy.fulfilment.export.review import Review
from privacy.fulfilment.fulfilment import Fulfilment
from privacy.fulfilment.job import Course
from privacy.fulfilment.see.course import SeeCourse
from privacy.fulfilment.see.viewing import Viewing
from privacy.fulfilment.stop.course import StopCourse
from privacy.fulfilment.tasks.by_hand import ByHand
from privacy.fulfilment.tasks.tasks import Tasks
from privacy.fulfilment.telling.news import News
from privacy.fulfilment.telling.recipients import Recipients
from privacy.fulfilment.vault.attachments import Attachments
from privacy.fulfilment.vault.vault import Vault
from privacy.mail.outbox import Outbox
from privacy.policy import Policy
from privacy.settings import Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory


@dataclass(frozen=True)
class Ground:
    """What everything stands on."""

    settings: Settings
    clock: Clock
    policy: Policy
    database: Database
    keyring: Keyring
    company: CompanyDirectory
    outbox: Outbox


@dataclass(frozen=True)
class Carrying:
    """What the rest of Vera uses of it."""

    fulfilment: Fulfilment
    export: ExportCourse
    packages: Packages
    viewing: Viewing
    objections: Objections
    holds: Holds
    kept: Kept
    progress: Progress
    news: News
    review: Review
    replay: Replay
    shut: Callable[[Collection[str]], None]
    """Hold these systems to be away, and no others."""


def carry(
    ground: Ground, works: Works, announcements: Announcements, wake: Callable[[], None]
) -> Carrying:
    """Put it together."""
    settings, clock, policy = ground.settings, ground.clock, ground.policy
    database, keyring, company = ground.database, ground.keyring, ground.company
    outbox, zone = ground.outbox, settings.zone
    attachments = Attachments(settings.data_dir / "files")
    tasks = Tasks(
        database,
        keyring,
        clock,
        policy,
        works,
        outbox,
        attachments,
        zone=zone,
        company_inbox=settings.company_inbox,
    )
    progress, notes = Progress(), Notes(database, keyring, clock)
    news = News(outbox, announcements, policy, zone, wake)
    by_hand = ByHand(database, clock, company, tasks, progress)
    recipients = Recipients(outbox, tasks, lambda: company.datamap)
    holds = Holds(keyring, clock, company.datamap.region)
    kept = Kept(database, keyring, clock, company, holds)
    tombstones = Tombstones(settings.tombstone_file, keyring)
    objections = Objections(database, keyring, clock, company, tasks, recipients, settings.origin)
    vault = Vault(settings.data_dir / "packages")
    review = Review(database, keyring, vault, tasks, notes)
    export = ExportCourse(
        database,
        keyring,
        clock,
        company,
        vault,
        progress,
        by_hand,
        policy,
        zone=zone,
        origin=settings.origin,
        review=review,
    )
    see = SeeCourse(
        database, clock, company, progress, by_hand, news, zone=zone, origin=settings.origin
    )
    correct = CorrectCourse(
        database,
        keyring,
        clock,
        company,
        notes,
        progress,
        PersonSays(database, tasks),
        CorrectReceipt(
            clock, company, outbox, objections, recipients, zone, texts=bool(settings.sms_url)
        ),
    )
    delete = DeleteCourse(
        DeleteParts(
            database=database,
            clock=clock,
            policy=policy,
            zone=zone,
            company=company,
            notes=DeletionNotes(notes),
            progress=progress,
            tasks=tasks,
            news=news,
            holds=holds,
            kept=kept,
            tombstones=tombstones,
            recipients=recipients,
        )
    )
    stop = StopCourse(database, clock, company, notes, progress, tasks, recipients, zone)
    courses: Mapping[str, Course] = {
        "access": see,
        "export": export,
        "correct": correct,
        "delete": delete,
        "restrict": stop,
        "object": stop,
        "withdraw_consent": stop,
    }
    ends = Ends(
        database,
        keyring,
        clock,
        policy,
        works,
        progress,
        tasks,
        news,
        labels=lambda: company.labels,
        zone=zone,
    )
    engine = DbosEngine(url_of(settings.database, settings.data_dir), _executor(settings))
    carrying_out = CarryingOut(
        database, keyring, clock, works, progress, notes, company, courses, ends
    )
    runner = Runner(database, clock, works, engine, carrying_out, ends)
    return Carrying(
        fulfilment=Fulfilment(
            database,
            keyring,
            clock,
            policy,
            works,
            progress,
            tasks,
            notes,
            attachments,
            engine,
            runner,
        ),
        export=export,
        packages=Packages(database, keyring, clock, vault, policy, outbox),
        viewing=Viewing(company, keyring, clock, zone),
        objections=objections,
        holds=holds,
        kept=kept,
        progress=progress,
        news=news,
        review=review,
        replay=Replay(company.behind, tombstones, database, kept, holds),
        shut=company.shut,
    )


def _executor(settings: Settings) -> str:
    """The name under which this service's workflows run. One SQLite file has one service, wherever it moves."""
    if not settings.database_url:
        return "service"
    place = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]

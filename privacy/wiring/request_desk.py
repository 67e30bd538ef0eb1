"""Puts the desk's verbs on requests and tasks together."""

from privacy.desk.requests.desk import RequestDesk
from privacy.fulfilment.books.works import Works
from privacy.systems.directory import Directory
from privacy.wiring.carrying import Carrying, Ground


def build_request_desk(
    ground: Ground, works: Works, carrying: Carrying, directory: Directory
) -> RequestDesk:
    """On the same books as carrying out."""
    return RequestDesk.of(
        database=ground.database,
        keyring=ground.keyring,
        clock=ground.clock,
        policy=ground.policy,
        datamap=ground.company.datamap,
        directory=directory,
        works=works,
        tasks=carrying.fulfilment.tasks,
        progress=carrying.progress,
        news=carrying.news,
        holds=carrying.holds,
        review=carrying.review,
        zone=ground.settings.zone,
        wake=carrying.fulfilment.wake,
    )

"""A house whose people answer at Chatwoot."""

import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import NullPool, create_engine, make_url

from privacy.clock import FixedClock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from tests.driving.chatwoot import ChatwootStub
from tests.driving.postgres import address
from tests.privacy.chatwoot.chatwoot_world import ChatwootWorld


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[ChatwootStub]:
    async with ChatwootStub().open() as stub:
        yield stub


@pytest_asyncio.fixture
async def world(
    database: Database, keyring: Keyring, clock: FixedClock, stub: ChatwootStub
) -> AsyncIterator[ChatwootWorld]:
    world = ChatwootWorld(database, keyring, clock, stub)
    yield world
    await world.api.close()


@pytest.fixture
def postgres(database: Database) -> Iterator[Database]:
    """The same tables on a server."""
    name = f"vera_chatwoot_{uuid.uuid4().hex[:12]}"
    server = create_engine(address(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    own = Database(make_url(address()).set(database=name).render_as_string(hide_password=False))
    metadata.create_all(own.engine)
    yield own
    own.close()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")

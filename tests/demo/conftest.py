"""One mailbox for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.demo.running_mailbox import Mailbox


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    mailbox = Mailbox(tmp_path_factory.mktemp("mailbox"))
    yield mailbox
    if mailbox.process.poll() is None:
        mailbox.stop()

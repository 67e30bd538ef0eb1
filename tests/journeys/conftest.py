"""A house of its own for the browser stories, one Chromium for all of them, and visitors who know nothing of each other.

The house is not the one of the other tests: the widget's story needs a website that is allowed to show the chat, and
five codes an hour are all that one customer gets.
"""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.driving.agent import AgentAtDesk
from tests.driving.browser import Visitor, chromium
from tests.driving.house import House
from tests.driving.mailbox import Mailbox
from tests.journeys.shop import Shop

Newcomer = Callable[..., Visitor]
Employ = Callable[[str], AgentAtDesk]


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[House]:
    """All parts of Vera, real, with the sample company, whose shop may show the chat."""
    house = House(tmp_path_factory.mktemp("journeys"), VERA_ALLOWED_ORIGINS=shop.origin).start()
    yield house
    assert house.stop() == 0


# Closed after this folder: while a browser runs, its event loop is in the way of asynchronous tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def newcomer(house: House, browser: Browser) -> Iterator[Newcomer]:
    """Makes visitors, each with a browser profile of their own. Options are those of a browser context."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def come(*, framed: bool = False, **options: object) -> Visitor:
        live = bool(options.get("java_script_enabled", True))
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        return Visitor(page, house.chat, Mailbox(house.mailbox), framed=framed, live=live)

    yield come
    for context in contexts:
        context.close()
    assert broken == [], "a script of the page broke"


@pytest.fixture(scope="module")
def employ(house: House, browser: Browser) -> Iterator[Employ]:
    """Makes people who sit at the desk, set up with password and authenticator. When the stories of a module are over
    they go: later ones find nobody there."""
    there: list[AgentAtDesk] = []

    def come(name: str) -> AgentAtDesk:
        login = f"{uuid.uuid4().hex[:8]}@alderfinch.example"
        printed = house.vera("agent", "add", login, "--name", name, "--role", "officer")
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        there.append(AgentAtDesk(page, house.desk, login, name).sets_up(printed))
        return there[-1]

    yield come
    for agent in there:
        agent.signs_out()
        agent.page.context.close()


@pytest.fixture
def visitor(newcomer: Newcomer) -> Visitor:
    """Somebody who has just opened the chat."""
    return newcomer().opens_the_chat()

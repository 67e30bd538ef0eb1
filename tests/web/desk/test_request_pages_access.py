"""Pages of requests, tasks and figures are looked at by axe, by day and by night, and on a small screen."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.requests import State
from privacy.store.tables.requests import request
from tests.privacy.fulfilment.vera_world import JANE
from tests.web.conftest import served
from tests.web.desk.request_pages_world import DeskHouse
from tests.web.test_browser_access import findings
from web.desk.cookies import COOKIE

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".wide"))
    .map((one) => one.outerHTML.slice(0, 100))"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeskHouse]:
    house = DeskHouse(tmp_path / "vera", FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)))
    yield house
    house.vera.database.close()


@pytest.fixture
def filled(house: DeskHouse) -> list[str]:
    """Pages with as much on them as there can be."""
    house.done("access")
    filed = house.file("delete")
    doubted = house.file("export")
    with house.vera.database.write() as tx:
        tx.execute(
            request.update()
            .where(request.c.reference == doubted.reference)
            .values(state=State.CHECKING_IDENTITY.value)
        )
    task = house.ask(filed, "check_correction", f"Is {JANE} right?")
    agent, officer = house.visitor(Role.AGENT, "sam"), house.visitor(Role.OFFICER, "kim")
    officer.press(officer.get(f"/requests/{filed.reference}"), "/hold", note="Case 12")
    agent.press(agent.get(f"/requests/{doubted.reference}"), "/refuse", reason="excessive")
    officer.post(f"{task}/take", {"form_token": officer.get(task).token})
    house.cookie = officer.client.token
    return [
        "/requests",
        "/requests/tasks?view=mine",
        f"/requests/{filed.reference}",
        f"/requests/{doubted.reference}",
        task,
        "/figures",
    ]


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    house: DeskHouse, filled: list[str], chromium: Browser
) -> None:
    with served(house.door.app) as (port, _):
        context = chromium.new_context(viewport={"width": 320, "height": 640})
        context.add_cookies(
            [{"name": COOKIE, "value": house.cookie, "url": f"http://127.0.0.1:{port}"}]
        )
        page: Page = context.new_page()
        for path in filled:
            page.goto(f"http://127.0.0.1:{port}{path}")
            assert page.locator("h1").is_visible(), path
            assert findings(page) == [], path
            assert page.evaluate(TOO_WIDE) == [], path
        context.close()

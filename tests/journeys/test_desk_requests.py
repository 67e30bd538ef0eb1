"""Requests at the desk, in browsers: a refusal by two people, with its letter; a task; figures; axe on every page."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.driving.agent import AgentAtDesk
from tests.driving.company import Company
from tests.driving.house import House
from tests.journeys.conftest import Employ, Newcomer
from tests.journeys.test_accessible import findings
from tests.journeys.test_planned_deletion import plans


@pytest.fixture(scope="module")
def officers(employ: Employ) -> tuple[AgentAtDesk, AgentAtDesk]:
    """Two who decide."""
    return employ("Dora Ek"), employ("Emil Fay")


def test_two_people_refuse_and_the_customer_hears_why_and_where_to_complain(
    newcomer: Newcomer, officers: tuple[AgentAtDesk, AgentAtDesk], house: House
) -> None:
    dora, emil = officers
    person = Company(house.data).welcomes(orders=("2024-05-01",))
    customer = newcomer().opens_the_chat()
    reference = plans(customer, person)
    dora.opens(f"/requests/{reference}")
    assert findings(dora.page) == []
    dora.page.get_by_role("radio", name=re.compile("It is not clear who is asking")).check()
    dora.presses("Propose")
    expect(dora.page.get_by_role("heading", name="Dora Ek proposes to refuse it")).to_be_visible()
    expect(dora.page.get_by_role("button", name="Approve")).to_have_count(0)
    emil.opens("/requests?view=proposals")
    emil.page.get_by_role("link", name=reference).click()
    emil.presses("Approve")
    expect(emil.page.get_by_text("Declined").first).to_be_visible()
    customer.hears("We could not find out for certain who is asking.")
    letter = customer.mailbox.letter(person.email, "We could not find out for certain")["text"]
    assert "the data protection authority where you live or work" in letter
    assert "court" in letter
    assert reference in letter


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_requests(
    officers: tuple[AgentAtDesk, AgentAtDesk], scheme: Literal["light", "dark"]
) -> None:
    page: Page = officers[0].page
    page.emulate_media(color_scheme=scheme)
    found = {}
    for path in ("/requests", "/requests?view=all", "/requests/tasks", "/figures"):
        officers[0].opens(path)
        found[path] = findings(page)
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/requests?view=all", "/figures"):
        officers[0].opens(path)
        found[f"small {path}"] = findings(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    assert {state: told for state, told in found.items() if told} == {}

"""The desk for everybody: axe on each of its pages, in light and in dark, and a whole hand-over by keyboard alone."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.driving.agent import AgentAtDesk
from tests.driving.house import House
from tests.journeys.conftest import Employ, Newcomer
from tests.journeys.test_accessible import findings


@pytest.fixture(scope="module")
def cleo(employ: Employ) -> AgentAtDesk:
    """Somebody at the desk."""
    return employ("Cleo Dahl")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_desk(
    newcomer: Newcomer, cleo: AgentAtDesk, house: House, scheme: Literal["light", "dark"]
) -> None:
    stranger = newcomer(color_scheme=scheme)
    found = {}
    for path in ("/sign-in", "/set-up"):
        stranger.page.goto(f"{house.desk}{path}")
        found[path] = findings(stranger.page)
    page = cleo.page
    page.emulate_media(color_scheme=scheme)
    customer = newcomer().opens_the_chat()
    customer.writes("I want to talk to a human being. Write to me at jane.private@example.org")
    customer.hears("I've asked a person to take over.")
    cleo.opens("/conversations")
    expect(cleo.rows).to_have_count(1)
    found["queue"] = findings(page)
    cleo.takes_the_first()
    page.locator(".hidden-value summary").first.click()
    found["conversation"] = findings(page)
    cleo.types("Here is what I found:")
    found["while writing"] = findings(page)
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    found["keys"] = findings(page)
    page.get_by_role("button", name="Close").click()
    for path in ("/saved-replies", "/nothing-here"):
        cleo.opens(path)
        found[path] = findings(page)
    page.set_viewport_size({"width": 390, "height": 844})
    cleo.opens("/conversations?view=mine")
    found["small queue"] = findings(page)
    cleo.rows.first.click()
    expect(page.get_by_role("button", name="Hand back to the assistant")).to_be_visible()
    found["small conversation"] = findings(page)
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(sideways) is False
    page.set_viewport_size({"width": 1440, "height": 900})
    cleo.presses("Hand back to the assistant")
    assert {state: told for state, told in found.items() if told} == {}


def test_a_whole_hand_over_by_keyboard_alone(newcomer: Newcomer, cleo: AgentAtDesk) -> None:
    cleo.opens("/saved-replies")
    cleo.page.get_by_label("Name").fill("looking")
    cleo.page.get_by_label("Text").fill("{agent} here. I'm looking into it.")
    cleo.presses("Save")
    customer = newcomer().opens_the_chat()
    customer.presses("Talk to a person")
    customer.hears("I've asked a person to take over.")
    keys = cleo.page.keyboard
    for key in ("g", "c"):
        keys.press(key)
    expect(cleo.rows).to_have_count(1)
    for key in ("j", "Enter"):
        keys.press(key)
    expect(cleo.page.get_by_role("button", name="Take it")).to_be_visible()
    keys.press("c")
    expect(cleo.page.get_by_role("heading", name="You have this conversation")).to_be_visible()
    keys.press("r")
    expect(cleo.box).to_be_focused()
    keys.type("/loo")
    expect(cleo.page.get_by_role("option", name="/looking")).to_be_visible()
    keys.press("Enter")
    expect(cleo.box).to_have_value("Cleo Dahl here. I'm looking into it.")
    keys.press("Control+Enter")
    cleo.reads("I'm looking into it.")
    customer.is_told("Cleo Dahl here. I'm looking into it.", by="Cleo Dahl, a person")
    keys.press("Escape")
    keys.press("h")
    expect(
        cleo.page.get_by_role("heading", name="The assistant has this conversation")
    ).to_be_visible()
    customer.hears("This is the assistant again.")
    keys.press("?")
    sheet = cleo.page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Next conversation")
    sheet.get_by_label("Use single keys").uncheck()
    keys.press("Escape")
    address = cleo.page.url
    keys.press("5")  # would show what is snoozed
    keys.press("?")
    expect(sheet).to_be_hidden()
    assert cleo.page.url == address
    cleo.page.get_by_role("button", name="Keys").click()
    sheet.get_by_label("Use single keys").check()
    keys.press("Escape")

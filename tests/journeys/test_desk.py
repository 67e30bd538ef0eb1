"""Customers and agents in browsers of their own: to a person and back, whatever breaks in between."""

import pytest
from playwright.sync_api import expect

from tests.driving.agent import AgentAtDesk
from tests.driving.house import House
from tests.journeys.conftest import Employ, Newcomer

JANE = "jane.miller@example.com"


@pytest.fixture(scope="module")
def agents(employ: Employ) -> list[AgentAtDesk]:
    """Two people at the desk."""
    return [employ("Anna Berg"), employ("Ben Cole")]


@pytest.fixture
def anna(agents: list[AgentAtDesk]) -> AgentAtDesk:
    return agents[0].opens("/conversations")


@pytest.fixture
def ben(agents: list[AgentAtDesk]) -> AgentAtDesk:
    return agents[1].opens("/conversations")


def test_to_a_person_and_back_and_the_assistant_remembers(
    newcomer: Newcomer, anna: AgentAtDesk
) -> None:
    customer = newcomer().opens_the_chat()
    customer.writes("I want a copy of everything")
    code = customer.gives(JANE)
    customer.writes("Wait. I'd like to talk to a person first.")
    customer.hears("I've asked a person to take over. You are next.")
    anna.takes_the_first()
    anna.reads("I want a copy of everything")
    expect(anna.page.get_by_text(JANE)).to_have_count(0)
    customer.is_with("Anna Berg")
    anna.answers("Hello, this is Anna. Which address do you use with us?")
    customer.is_told("Hello, this is Anna.", by="Anna Berg, a person")
    expect(anna.page.get_by_role("link", name="Mine 1")).to_have_attribute("aria-current", "true")
    customer.writes("jane.private@example.org, since last year")
    anna.reads("since last year")
    anna.reveals("j•••@example.org", why="To answer the question")
    expect(anna.lines.get_by_text("jane.private@example.org")).to_be_visible()
    customer.writes(code)
    anna.reads("That code was right. We now know that it's you.")
    expect(anna.page.locator("#person")).to_contain_text("j•••@example.com")
    anna.presses("Hand back to the assistant")
    customer.hears("This is the assistant again. I remember what was said before.")
    customer.presses("Go on")
    customer.hears("Your copy is ready")


def test_the_customer_reloads_and_loses_the_line(newcomer: Newcomer, anna: AgentAtDesk) -> None:
    customer = newcomer().opens_the_chat()
    customer.presses("Talk to a person")
    customer.hears("I've asked a person to take over.")
    anna.takes_the_first()
    anna.answers("I'm here.")
    customer.is_told("I'm here.", by="Anna Berg, a person")
    customer.page.reload()
    customer.is_with("Anna Berg")
    customer.is_told("I'm here.", by="Anna Berg, a person")
    customer.page.context.set_offline(True)
    anna.answers("Take your time.")
    customer.types_offline("My train is in a tunnel.")
    customer.page.context.set_offline(False)
    customer.is_told("Take your time.", by="Anna Berg, a person")
    anna.reads("My train is in a tunnel.")
    expect(anna.lines.filter(has_text="My train is in a tunnel.")).to_have_count(1)
    anna.presses("Hand back to the assistant")


def test_the_customer_comes_back_on_another_device(newcomer: Newcomer, anna: AgentAtDesk) -> None:
    computer = newcomer().opens_the_chat()
    computer.presses("Talk to a person")
    computer.hears("I've asked a person to take over.")
    anna.takes_the_first()
    anna.answers("I'm looking it up.")
    key = computer.shows_a_key_for_another_device()
    phone = newcomer(viewport={"width": 390, "height": 844})
    phone.goes_on_with(key)
    phone.is_with("Anna Berg")
    phone.is_told("I'm looking it up.", by="Anna Berg, a person")
    phone.writes("I'm on my phone now.")
    anna.reads("I'm on my phone now.")
    anna.answers("Good, here it is.")
    phone.is_told("Good, here it is.", by="Anna Berg, a person")
    computer.opens("/chat")
    expect(computer.view.get_by_text("Good, here it is.")).to_have_count(0)
    anna.presses("Hand back to the assistant")


def test_of_two_agents_one_gets_it_and_the_other_is_told(
    newcomer: Newcomer, anna: AgentAtDesk, ben: AgentAtDesk
) -> None:
    customer = newcomer().opens_the_chat()
    customer.presses("Talk to a person")
    customer.hears("I've asked a person to take over.")
    for agent in (anna, ben):
        agent.rows.first.click()
        expect(agent.page.get_by_role("button", name="Take it")).to_be_visible()
    expect(anna.page.locator(".collision")).to_have_text("Ben Cole is looking at this too.")
    for agent in (anna, ben):  # both requests are on their way before either is answered
        agent.page.evaluate("document.querySelector('form[action*=\"/claim\"]').requestSubmit()")
    winner, loser = _who_won(anna, ben)
    expect(loser.page.get_by_role("alert")).to_have_text(
        f"{winner.name} took this conversation a moment before you."
    )
    expect(loser.page.get_by_role("heading", level=1)).to_have_text(
        f"{winner.name} has this conversation"
    )
    customer.is_with(winner.name)
    winner.presses("Hand back to the assistant")
    customer.hears("This is the assistant again.")


def test_a_draft_survives_the_agents_browser_and_the_conversation_the_service(
    newcomer: Newcomer, anna: AgentAtDesk, house: House
) -> None:
    customer = newcomer().opens_the_chat()
    customer.presses("Talk to a person")
    customer.hears("I've asked a person to take over.")
    anna.takes_the_first()
    anna.types("I have looked at your invoice, and")
    customer.sees_writing("Anna Berg")
    address = anna.page.url
    context = anna.page.context
    anna.page.close(run_before_unload=False)
    anna.page = context.new_page()
    house.wait_back("service", house.kill("service"))
    anna.page.goto(address)
    expect(anna.box).to_have_value("I have looked at your invoice, and")
    anna.answers("I have looked at your invoice, and it is right.")
    customer.is_told("it is right.", by="Anna Berg, a person")
    expect(customer.bubbles.filter(has_text="it is right.")).to_have_count(1)
    customer.writes("Thank you.")
    anna.reads("Thank you.")
    anna.presses("Hand back to the assistant")


def _who_won(*agents: AgentAtDesk) -> tuple[AgentAtDesk, AgentAtDesk]:
    held = [
        agent.page.get_by_role("heading", name="You have this conversation") for agent in agents
    ]
    expect(held[0].or_(agents[0].page.get_by_role("alert").filter(has_text="took"))).to_be_visible()
    first_won = held[0].is_visible()
    return (agents[0], agents[1]) if first_won else (agents[1], agents[0])

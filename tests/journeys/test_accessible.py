"""axe-core looks at each state of a real conversation and at each page of a request, on phones, in light and in dark."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.driving.company import Company
from tests.driving.house import House
from tests.journeys.conftest import Newcomer

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

# A message that is still fading in has no contrast yet. The dots of the writing line never end.
AT_REST = """() => document.getAnimations().every(
    it => it.playState === "finished" || it.effect.getTiming().iterations === Infinity)"""


def findings(page: Page) -> list[str]:
    """What axe has to say against this page."""
    page.wait_for_function(AT_REST)
    violations = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{found['id']}: {node['html'][:160]}" for found in violations for node in found["nodes"]
    ]


@pytest.mark.parametrize(
    ("scheme", "address"),
    [("light", "emoji.fan@example.com"), ("dark", "mallory@example.com")],
)
def test_axe_finds_nothing_in_a_whole_conversation(
    newcomer: Newcomer, scheme: Literal["light", "dark"], address: str
) -> None:
    visitor = newcomer(color_scheme=scheme, viewport={"width": 390, "height": 844})
    visitor.opens_the_chat()
    found = {"greeting": findings(visitor.page)}
    visitor.presses("See my data")
    visitor.hears("Which e-mail address or phone number do we have for you?")
    expect(visitor.quick_replies).to_have_count(1)
    found["question"] = findings(visitor.page)
    code = visitor.gives(address)
    expect(visitor.quick_replies).to_have_count(3)
    found["code awaited"] = findings(visitor.page)
    visitor.writes(code)
    visitor.hears("Everything in detail, with why we hold it")
    expect(visitor.quick_replies).to_have_count(4)
    found["what is held"] = findings(visitor.page)
    visitor.writes("delete everything you have about me")
    visitor.hears("Shall I delete it?")
    expect(visitor.quick_replies).to_have_count(5)
    found["what a deletion means"] = findings(visitor.page)
    visitor.box.fill("x" * 10_000)
    expect(visitor.problem).to_contain_text("too many")
    found["problem beside the box"] = findings(visitor.page)
    assert {state: told for state, told in found.items() if told} == {}


def test_axe_finds_nothing_on_the_pages_of_a_request_and_nothing_scrolls_sideways(
    house: House, newcomer: Newcomer
) -> None:
    nina = Company(house.data).welcomes(
        "Wilhelmine-Charlotte Oberhuber-Grünwaldmeierhofer",
        orders=[f"2025-03-0{day}" for day in range(1, 7)],
        newsletter="Wilhelmine",
        tickets=["2025-05-05"],
    )
    visitor = newcomer(viewport={"width": 320, "height": 640}).opens_the_chat()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page = visitor.page
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        wide = page.evaluate("document.scrollingElement.scrollWidth") > 320
        told = ["scrolls sideways"] if wide else []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            told += [f"{scheme} {one}" for one in findings(page)]
        found[name] = told

    visitor.presses("See my data")
    visitor.proves(nina.email)
    visitor.hears("Everything in detail, with why we hold it")
    see = visitor.reference
    for path in ("", "/data", "/data/shop-orders?skip=4", "/not-me?key=0123456789abcdef"):
        visitor.opens(f"/requests/{see}{path}")
        look(f"see{path}")
    codes = len(visitor.mailbox.codes(nina.email))
    visitor.opens_the_chat().writes("download my data")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(visitor.mailbox.next_code(nina.email, codes))
    visitor.hears("Your copy is ready (PR-")
    export = visitor.reference
    for path in ("", "/package", "/download", "/remove-file"):
        visitor.opens(f"/requests/{export}{path}")
        look(f"download{path}")
    codes = len(visitor.mailbox.codes(nina.email))
    visitor.opens_the_chat().writes("delete everything you have about me")
    visitor.hears("Shall I delete it?")
    visitor.presses("Yes, on that day")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(visitor.mailbox.next_code(nina.email, codes))
    visitor.hears("It's planned as PR-")
    visitor.opens(f"/requests/{visitor.reference}")
    look("planned deletion")
    visitor.page.get_by_role("link", name="Undo the deletion").click()
    expect(visitor.heading).to_have_text("Undo the deletion?")
    look("undo")
    assert {page: told for page, told in found.items() if told} == {}

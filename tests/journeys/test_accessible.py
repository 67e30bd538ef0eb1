"""axe-core looks at each state of a real conversation, on a phone, in light and in dark."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

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
    visitor.hears("is filed as PR-")
    expect(visitor.quick_replies).to_have_count(2)
    found["filed"] = findings(visitor.page)
    visitor.box.fill("x" * 10_000)
    expect(visitor.problem).to_contain_text("too many")
    found["problem beside the box"] = findings(visitor.page)
    assert {state: told for state, told in found.items() if told} == {}

"""Too much, too little, and text that looks like a page: a clear sentence, nothing lost, nothing run."""

import pytest
from playwright.sync_api import expect

from tests.driving.browser import Visitor
from tests.journeys.conftest import Newcomer

LONG = "I want to see it. " * 555 + "0123456789"
NOTHING = "There is nothing to read in that message. Write what you would like to do."
HTML = '<img src="x" onerror="document.title=`run`"><b>bold</b> & <script>document.title="run"</script>'


def test_ten_thousand_characters_are_told_and_kept(visitor: Visitor) -> None:
    assert len(LONG) == 10_000
    visitor.writes(LONG)
    expect(visitor.problem).to_have_text(
        "8,000 characters too many. The limit is 2,000: shorten the text, or send it in two parts."
    )
    expect(visitor.box).to_have_value(LONG)
    assert visitor.own.count() == 0
    visitor.writes("I want to see it.")
    expect(visitor.problem).to_be_empty()
    expect(visitor.own).to_have_text(["I want to see it."])


def test_ten_thousand_characters_without_javascript(newcomer: Newcomer) -> None:
    visitor = newcomer(java_script_enabled=False).opens_the_chat()
    visitor.writes(LONG)
    expect(visitor.problem).to_have_text(
        "That message is too long for me. Shorten it to 2,000 characters. Your text is still in the box."
    )
    expect(visitor.box).to_have_value(LONG)
    assert visitor.own.count() == 0


@pytest.mark.parametrize("script", [True, False], ids=["live", "without JavaScript"])
@pytest.mark.parametrize("text", ["", " \n "], ids=["empty", "blank"])
def test_an_empty_message_is_told(newcomer: Newcomer, text: str, script: bool) -> None:
    visitor = newcomer(java_script_enabled=script).opens_the_chat()
    visitor.writes(text)
    expect(visitor.problem).to_have_text(NOTHING, timeout=10_000)
    assert visitor.own.count() == 0


def test_html_is_shown_as_text(visitor: Visitor) -> None:
    title = visitor.page.title()
    visitor.writes(HTML)
    expect(visitor.answers.first).to_be_visible()
    expect(visitor.own).to_have_text([HTML])
    visitor.page.reload()
    expect(visitor.own).to_have_text([HTML])
    assert visitor.own.locator("img, b, script").count() == 0
    assert visitor.page.title() == title

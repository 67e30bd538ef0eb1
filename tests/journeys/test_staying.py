"""Nothing is lost and nothing is doubled: reload, a second tab, a broken line."""

from playwright.sync_api import expect

from tests.driving.browser import Visitor

QUESTION = "Which e-mail address or phone number do we have for you?"


def test_a_reload_at_every_step_keeps_everything(visitor: Visitor) -> None:
    def reload() -> None:
        before = visitor.transcript
        replies = visitor.quick_replies.all_text_contents()
        visitor.page.reload()
        expect(visitor.bubbles).to_have_count(len(before))
        assert visitor.transcript == before
        assert visitor.quick_replies.all_text_contents() == replies

    reload()
    visitor.presses("See my data")
    visitor.hears(QUESTION)
    visitor.box.press_sequentially("o.shev")
    reload()
    expect(visitor.box).to_have_value("o.shev")
    code = visitor.gives("o.shevchuk@example.com")
    reload()
    visitor.writes(code)
    visitor.hears("Everything in detail, with why we hold it")
    reload()
    visitor.writes("where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Done on")


def test_two_tabs_show_one_conversation(visitor: Visitor) -> None:
    other = Visitor(visitor.page.context.new_page(), visitor.chat, visitor.mailbox).opens_the_chat()
    visitor.presses("Download my data")
    visitor.hears(QUESTION)
    other.hears(QUESTION)
    code = other.gives("dana.work@example.com")
    visitor.hears("Type the 6 digits here.")
    visitor.writes(code)
    visitor.hears("Your copy is ready (PR-")
    other.hears("Your copy is ready (PR-")
    other.writes("where is my request?")
    other.hears(f"{visitor.reference}: download your data. Done on")
    visitor.hears(f"{visitor.reference}: download your data. Done on")
    assert visitor.transcript == other.transcript


def test_offline_and_back(visitor: Visitor) -> None:
    address = "odd.case@example.com"
    visitor.presses("See my data")
    visitor.hears(QUESTION)
    visitor.page.context.set_offline(True)
    visitor.writes("why do you ask?")
    visitor.writes(address)
    waiting = visitor.page.get_by_text("Not sent yet")
    expect(waiting).to_have_count(2)
    expect(visitor.page.get_by_text("No connection now.")).to_be_visible()
    assert visitor.mailbox.codes(address) == []

    visitor.page.context.set_offline(False)
    visitor.hears("Type the 6 digits here.")
    expect(waiting).to_have_count(0)
    expect(visitor.page.get_by_text("No connection now.")).to_be_hidden()
    visitor.writes(visitor.mailbox.next_code(address, before=0))
    visitor.hears("Everything in detail, with why we hold it")

    shown = visitor.transcript
    visitor.page.reload()
    expect(visitor.bubbles).to_have_count(len(shown))
    assert visitor.transcript == shown
    assert visitor.own.all_text_contents() == ["See my data", "why do you ask?", address, "••••••"]
    assert len(visitor.mailbox.codes(address)) == 1

"""What the bot says to "why do you have my phone number?": sentences of the map, merged, never twice."""

from pathlib import Path

import pytest

from privacy.datamap.answers import Question, answer, question_of, topic_of
from privacy.datamap.load import load_datamap
from privacy.datamap.topics import Topics

MAP = load_datamap(Path(__file__).parents[3] / "demo" / "datamap.yml", Path("/nowhere"))


def said(text: str, held: set[str] | None = None) -> str:
    topic = topic_of(text, MAP)
    assert topic is not None, text
    return answer(MAP, topic, question_of(text), held)


# --- what it says


def test_why_is_answered_by_purpose_and_ground() -> None:
    assert said("why do you have my bank account?") == (
        "We hold your bank account to take your payment, and to give it back when you return something. "
        "We may, because you bought something and paid for it."
    )
    assert said("Why do you have my phone number?") == (
        "We hold your phone number to reach you when something about an order needs an answer, because you "
        "ordered from us and want to receive it; and to answer your question, and to know what was said when "
        "you write again, because you asked us something."
    )


def test_who_gets_it() -> None:
    assert said("who gets my phone number") == (
        "The parcel service that brings your order gets it, so that it finds your door and can tell you when "
        "it comes."
    )
    assert said("who gets my IP address") == "Nobody outside Alder & Finch gets it."
    assert said("who do you share my payments with").startswith(
        "We pass them on to the company that"
    )


def test_how_long_it_is_kept_and_what_outlives_a_deletion() -> None:
    assert said("how long do you keep my orders?") == (
        "We keep them for three years after the end of the year in which you ordered. When you delete your "
        "data, part of them stays for ten years after the end of the year of the invoice, because the invoice "
        "belongs to it, and tax law tells us to keep invoices."
    )
    assert said("how long do you keep my phone number") == (
        "We keep it as long as you have an account with us (our shop) and for two years after your question "
        "is answered (our support desk)."
    )


def test_where_it_comes_from() -> None:
    assert (
        said("where did you get my birthday from?")
        == "We have it from you, when you opened your account."
    )


def test_all_about_it_is_five_sentences() -> None:
    text = said("tell me about my password")
    assert text.endswith("We never show them, neither here nor in a download.")
    assert "We hold your sign-in secrets to make sure" in text
    assert text.count(". ") <= 5


def test_it_is_limited_to_what_is_held_of_the_one_who_asks() -> None:
    only_desk = {"support.tickets.contact_phone"}
    assert said("how long do you keep my phone number", only_desk) == (
        "We keep it for two years after your question is answered."
    )
    assert said("why do you have my phone number", set()) == "We do not hold your phone number."


ASKED = {
    "why do you have my phone number?": ("phone", "why"),
    "warum habt ihr meine Telefonnummer": ("phone", "why"),
    "what do you need my mobile for": ("phone", "why"),
    "why do you know where I live": ("table:shop.addresses", "why"),
    "who has my e-mail address": ("email", "who"),
    "do you sell my e-mail to anybody": ("email", "who"),
    "how long will you keep my invoices": ("table:shop.invoices", "how_long"),
    "when will you delete my orders": ("table:shop.orders", "how_long"),
    "where did you get my name": ("name", "where_from"),
    "why do you track what I click": ("user.behavior", "why"),
    "why do you keep my messages so long": ("table:support.tickets", "why"),
    "how long and why do you keep my IP?": ("user.device.ip_address", "how_long"),
    "who gets my address and how long do you keep it": ("table:shop.addresses", "all"),
    "my birthday": ("birth_date", "all"),
    "what about cookies and my newsletter": ("system:newsletter", "all"),
    "why is my credit card saved": (None, "why"),
    "why is the sky blue": (None, "why"),
}


@pytest.mark.parametrize("text", ASKED)
def test_what_is_asked_about_what(text: str) -> None:
    assert (topic_of(text, MAP), question_of(text)) == ASKED[text]


# --- arithmetic


@pytest.mark.parametrize("question", ["why", "who", "how_long", "where_from", "all"])
def test_every_topic_is_answered_in_plain_sentences(question: Question) -> None:
    for topic in sorted(Topics(MAP).all()):
        text = answer(MAP, topic, question)
        assert text.endswith(".") and "_" not in text and "user." not in text, topic
        assert not any(word in text.lower() for word in ("please", "sorry", "invalid", "!")), topic
        sentences = text.split(". ")
        assert len(sentences) == len(set(sentences)), topic
        assert all(sentence[0].isupper() for sentence in sentences), topic


def test_a_topic_that_the_map_does_not_know_has_no_answer() -> None:
    assert answer(MAP, "user.biometric", "why") == ""
    assert answer(MAP, "table:shop.shoes", "all") == ""

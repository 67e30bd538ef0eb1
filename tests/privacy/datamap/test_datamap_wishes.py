"""A customer's sentence limits a wish where it says so, never by accident, and is read back in their words."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.datamap.periods import periods
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.datamap.topics import Topics, fields_of, tokens
from privacy.datamap.wishes import describe, read_wish, whole_tables

MAP = load_datamap(Path(__file__).parents[3] / "demo" / "datamap.yml", Path("/nowhere"))
TODAY = date(2026, 11, 21)
ORDERS = "your orders and what you ordered"
NEWSLETTER = (
    "your newsletter, what you said yes to, which newsletters you opened and what you clicked "
    "and what we think interests you"
)


def words(text: str) -> str:
    return read_wish(text, MAP, TODAY).words


# --- what it says

WHOLE = """\
delete my account
Delete my account.
delete all my data
please erase everything you have about me
show me everything
forget me
get rid of everything
I just want to delete my account
I want a copy of my data
what do you know about me
send me all the information you hold on me
lösche mein Konto
Löschen Sie alle meine Daten
I have been a customer since 2019, delete all my data
delete my account, I have been a customer since 2019
I was born on 12 May 1987, delete me
I asked you on 3 May 2024 to delete my data
my name is Bob, delete my account
My email, delete my account
my address is wrong, delete it
my order never came, delete my account
delete all my data including my orders
delete my orders and all my data
show me my data, I want to see whether my address is right
I want to know where my order is
send my data to my email address
delete my account because the newsletter is annoying
delete my account and unsubscribe me
I may want to see my data
who are you
"""


@pytest.mark.parametrize("text", WHOLE.splitlines())
def test_nothing_is_limited_by_accident(text: str) -> None:
    wish = read_wish(text, MAP, TODAY)
    assert wish.scope == EVERYTHING
    assert (wish.topics, wish.words) == ((), "everything we hold about you")


LIMITED = {
    "delete my orders": ORDERS,
    "my orders, please": ORDERS,
    "just my orders": ORDERS,
    "nothing but my orders": ORDERS,
    "show me only my orders": ORDERS,
    "download what I ordered": ORDERS,
    "e-mail me my orders": ORDERS,
    "send me my orders by email": ORDERS,
    "can you show me what you know about my orders?": ORDERS,
    "delete everything you have about my orders": ORDERS,
    "Lösche nur meine Bestellungen": ORDERS,
    "delete my orders but not my invoices": ORDERS,
    "only the newsletter": NEWSLETTER,
    "delete me from the newsletter": NEWSLETTER,
    "delete all data about my newsletter": NEWSLETTER,
    "I don't want my orders deleted, only the newsletter": NEWSLETTER,
    "please remove my address": "your addresses",
    "delete my addresses and my phone number": "your addresses and your phone number",
    "delete my orders, invoices and addresses": "your addresses, your orders, what you ordered and your invoices",
    "I don't want you to have my phone number": "your phone number",
    "show me my support messages": "your questions to our support desk and what you and we wrote",
    "only what you think interests me": "what we think interests you",
    "export what you use for marketing": "what we use for advertising",
    "delete my browsing history": "what you looked at and clicked",
    "delete only my account": "your account",
    "delete my name": "your name",
    "delete everything except the newsletter": f"everything except {NEWSLETTER}",
    "Lösche alles außer dem Newsletter": f"everything except {NEWSLETTER}",
    "delete my account but leave the newsletter": f"everything except {NEWSLETTER}",
    "delete everything but keep my orders": f"everything except {ORDERS}",
    "delete my data but keep my orders": f"everything except {ORDERS}",
    "please keep my orders and delete the rest": f"everything except {ORDERS}",
    "Behalte meine Bestellungen und lösche alles andere": f"everything except {ORDERS}",
    "everything apart from what I bought": f"everything except {ORDERS}",
    "I don't want my orders deleted": f"everything except {ORDERS}",
    "delete all my data, apart from invoices": "everything except your invoices",
    "download my invoices since 2023": "your invoices, from 1 January 2023",
    "my 2022 orders": f"{ORDERS}, from 1 January 2022 to 31 December 2022",
    "show me my orders from January 2024 to March 2024": f"{ORDERS}, from 1 January 2024 to 31 March 2024",
    "Zeig mir meine Bestellungen seit 2023": f"{ORDERS}, from 1 January 2023",
    "delete all my orders older than 2020": f"{ORDERS}, until 31 December 2019",
    "show me what I bought last year": f"{ORDERS}, from 1 January 2025 to 31 December 2025",
    "only orders before 1 May 2024": f"{ORDERS}, until 30 April 2024",
    # What is left out takes its dates with it: rather too much is kept than too little.
    "delete everything except my orders since 2023": f"everything except {ORDERS}",
    # Addresses have no date, so none can be told.
    "delete my addresses since 2023": "your addresses",
}


@pytest.mark.parametrize("text", LIMITED)
def test_a_part_is_meant_where_one_is_named(text: str) -> None:
    assert words(text) == LIMITED[text]


@pytest.mark.parametrize(
    "text",
    [
        "show me everything in 2022",
        "delete my data from 2022",
        "I want all data of the year 2022",
        "lösche alles aus 2022",
    ],
)
def test_days_alone_mean_what_happened_in_them(text: str) -> None:
    scope = read_wish(text, MAP, TODAY).scope
    assert (scope.since, scope.until) == (date(2022, 1, 1), date(2022, 12, 31))
    assert scope.covers_table("shop", "orders") and scope.covers_table("support", "messages")
    assert scope.covers_table("shop", "order_lines"), "it is dated by the order"
    # An account that was opened in 2022 does not go with a wish for 2022.
    assert not scope.covers_table("shop", "customers")
    assert not scope.covers_table("newsletter", "subscriptions")
    assert not scope.covers_table("shop", "addresses")


def test_whole_tables_are_known_from_blanked_fields() -> None:
    assert whole_tables(read_wish("delete my orders", MAP, TODAY).scope, MAP) == {
        "shop.orders",
        "shop.order_lines",
    }
    assert whole_tables(read_wish("delete my phone number", MAP, TODAY).scope, MAP) == frozenset()
    assert len(whole_tables(EVERYTHING, MAP)) == sum(len(s.tables) for s in MAP.systems.values())


def test_what_cannot_be_is_not_a_limit() -> None:
    assert read_wish("only orders from 2024, but before 2023", MAP, TODAY).scope == EVERYTHING
    assert read_wish("only my orders but not my orders", MAP, TODAY).scope == EVERYTHING


# --- dates

DATES = {
    "since 2023": ("2023-01-01", None),
    "since March 2023": ("2023-03-01", None),
    "since 2023-05-04": ("2023-05-04", None),
    "since 4.5.2023": ("2023-05-04", None),
    "since 04/05/2023": ("2023-05-04", None),
    "since 05/13/2023": ("2023-05-13", None),
    "since May 4th, 2023": ("2023-05-04", None),
    "from 1 May 2024": ("2024-05-01", None),
    "from 2022 onwards": ("2022-01-01", None),
    "from 2022": ("2022-01-01", "2022-12-31"),
    "in March 2024": ("2024-03-01", "2024-03-31"),
    "in December": ("2025-12-01", "2025-12-31"),
    "in February 2024": ("2024-02-01", "2024-02-29"),
    "between 2020 and 2022": ("2020-01-01", "2022-12-31"),
    "between 5/13/2024 and 6/1/2024": ("2024-05-13", "2024-06-01"),
    "2024-01-01 to 2024-02-01": ("2024-01-01", "2024-02-01"),
    "before 1 May 2024": (None, "2024-04-30"),
    "until the end of 2020": (None, "2020-12-31"),
    "up to March 2021": (None, "2021-03-31"),
    "after 2022": ("2023-01-01", None),
    "last 12 months": ("2025-11-21", None),
    "the past two years": ("2024-11-21", None),
    "last year": ("2025-01-01", "2025-12-31"),
    "last month": ("2026-10-01", "2026-10-31"),
    "this year": ("2026-01-01", None),
    "the last 30 days": ("2026-10-22", None),
    "vor dem 1. Mai 2024": (None, "2024-04-30"),
    "in den letzten 12 Monaten": ("2025-11-21", None),
}


@pytest.mark.parametrize("text", DATES)
def test_dates_are_read(text: str) -> None:
    [period] = periods(text, TODAY)
    since, until = (day.isoformat() if day else None for day in (period.since, period.until))
    assert (since, until) == DATES[text]


@pytest.mark.parametrize(
    "text", ["30.02.2024", "I may delete", "order 20231111", "2023 4711 0815-2024-9", "since 0"]
)
def test_what_makes_no_date_is_left_alone(text: str) -> None:
    assert [p for p in periods(text, TODAY) if p.kind != "bare"] == []


# --- arithmetic

CHOICE = [
    "delete",
    "my",
    "all",
    "data",
    "only",
    "except",
    "orders",
    "newsletter",
    "phone",
    "and",
    "2023",
    "since",
    "not",
    "the",
    "account",
]

PLACES = sorted(field.id for field in MAP.held())


@given(st.text(max_size=200))
def test_any_text_is_read_without_harm(text: str) -> None:
    wish = read_wish(text, MAP, TODAY)
    assert wish.words and wish.scope.fields != frozenset()
    assert Scope.from_text(wish.scope.as_text()) == wish.scope


@given(
    st.lists(
        st.sampled_from(CHOICE),
        max_size=12,
    )
)
def test_any_order_of_words_gives_a_scope_of_the_map(chosen: list[str]) -> None:
    wish = read_wish(" ".join(chosen), MAP, TODAY)
    assert wish.scope.fields is None or wish.scope.fields <= set(PLACES)
    if "orders" not in chosen and "newsletter" not in chosen and "phone" not in chosen:
        assert not wish.topics or "account" in chosen


@given(st.sets(st.sampled_from(PLACES), min_size=1))
def test_every_scope_can_be_read_back(fields: set[str]) -> None:
    said = describe(Scope(frozenset(fields)), MAP)
    assert said and "_" not in said and "user." not in said


@given(
    st.dates(date(1990, 1, 1), date(2090, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y"]),
)
def test_every_day_is_read_as_it_was_written(day: date, form: str) -> None:
    [period] = periods(f"since {day.strftime(form)}", TODAY)
    assert (period.since, period.until) == (day, None)


def test_every_topic_has_fields() -> None:
    topics = Topics(MAP)
    assert {len(fields_of(topic, MAP)) > 0 for topic in topics.all()} == {True}
    assert [token.word for token in tokens("Your E-mails, MY addresses")] == [
        "~",
        "email",
        "~",
        "address",
    ]


def test_a_map_without_the_sample_companys_words_is_read(tmp_path: Path) -> None:
    other = _small(tmp_path)
    assert read_wish("delete my rentals", other, TODAY).scope.fields == frozenset(
        {"till.rentals.title"}
    )
    assert read_wish("delete my orders", other, TODAY).scope == EVERYTHING


def _small(folder: Path) -> DataMap:
    path = folder / "map.yml"
    path.write_text(
        """\
version: 1
company: Corner Films
leading: till
region: GB
purposes:
  lend: {why: to lend you films, basis: contract, because: you asked for them}
retentions:
  years: {words: for six years, period: P6Y}
systems:
  till:
    label: our till
    kind: sql
    url: sqlite:///{data_dir}/till.db
    tables:
      people:
        label: your account
        identity: {person: row, key: id, email: email}
        retention: years
        source: from you
        on_delete: erase
        technical: [id]
        fields:
          email: {label: your e-mail address, category: user.contact.email, purpose: [lend]}
      rentals:
        label: your rentals
        link: {column: person, to: people.id}
        retention: years
        source: from you
        on_delete: erase
        technical: [id, person]
        fields:
          title: {label: the film, category: user.behavior, purpose: [lend]}
""",
        encoding="utf-8",
    )
    return load_datamap(path, folder)


@pytest.mark.parametrize(
    "piece", ["about ", "all my ", "from ", "1.1.2024 to ", "don't want my orders ", "last ", ", my orders and", "everything you have about my "]
)  # fmt: skip
def test_a_long_message_is_read_in_one_go(piece: str) -> None:
    # A pattern that tries every way through such a text would not end before the test's time does.
    wish = read_wish(piece * (4000 // len(piece)) + "zzz", MAP, TODAY)
    assert wish.words

"""What is held of a customer in one look, from counts of rows."""

from datetime import date
from pathlib import Path

from privacy.datamap.load import load_datamap
from privacy.datamap.overview import in_words, summary
from privacy.systems.port import TableCount

MAP = load_datamap(Path(__file__).parents[3] / "demo" / "datamap.yml", Path("/nowhere"))


def lines(**counts: list[TableCount]) -> list[str]:
    return [part.words for part in summary(MAP, counts)]


def test_a_customer_sees_what_is_held_in_plain_words() -> None:
    assert lines(
        newsletter=[TableCount("subscriptions", 1, date(2020, 4, 2)), TableCount("segments", 2)],
        shop=[
            TableCount("customers", 1, date(2019, 3, 1)),
            TableCount("addresses", 2),
            TableCount("orders", 1214, date(2019, 3, 4), date(2026, 1, 1)),
            TableCount("order_lines", 3600),
            TableCount("payments", 0),
        ],
        support=[
            TableCount("tickets", 3, date(2021, 6, 1), date(2023, 1, 1)),
            TableCount("messages", 9),
        ],
    ) == [
        "your name, contact details, customer number and other details about you",
        "2 addresses",
        "1,214 orders since March 2019",
        "3 questions to our support desk since June 2021",
        "your newsletter since April 2020",
        "2 groups of readers we put you in",
    ]


def test_one_is_not_several() -> None:
    day = date(2021, 6, 1)
    assert lines(support=[TableCount("tickets", 1, day, day), TableCount("messages", 2)]) == [
        "1 question to our support desk from June 2021"
    ]


def test_details_are_folded_into_what_they_belong_to() -> None:
    [part] = summary(MAP, {"shop": [TableCount("orders", 2), TableCount("order_lines", 5)]})
    assert (part.tables, part.count) == (("shop.orders", "shop.order_lines"), 2)
    # Details of nothing stand for themselves.
    [alone] = summary(MAP, {"shop": [TableCount("orders", 0), TableCount("order_lines", 5)]})
    assert alone.words == "what you ordered"


def test_what_two_systems_call_the_same_is_one_line() -> None:
    shop = MAP.systems["shop"]
    orders = shop.tables["orders"]
    support = MAP.systems["support"].model_copy(update={"tables": {"orders": orders}})
    both = MAP.model_copy(update={"systems": {"shop": shop, "support": support}})
    counts = {
        "support": [TableCount("orders", 2, date(2018, 1, 1), date(2018, 2, 1))],
        "shop": [TableCount("orders", 3, date(2019, 1, 1), date(2020, 1, 1))],
    }
    [part] = summary(both, counts)
    assert part.words == "5 orders since January 2018"
    assert part.systems == ("shop", "support")
    assert (part.first, part.last) == (date(2018, 1, 1), date(2020, 1, 1))


def test_nothing_held_is_no_line() -> None:
    assert lines(shop=[TableCount("customers", 0)], gone=[TableCount("x", 4)]) == []
    assert in_words(summary(MAP, {})) == ""


def test_the_lines_make_a_sentence() -> None:
    parts = summary(MAP, {"shop": [TableCount("addresses", 2), TableCount("invoices", 1)]})
    assert in_words(parts) == "2 addresses and 1 invoice"

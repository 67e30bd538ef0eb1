"""Download: a copy to take along."""

from tests.driving.customer import Customer


def test_a_copy_is_filed_with_its_date(customer: Customer) -> None:
    customer.say("please send me a copy of my data in a format I can take to another company")
    filed = customer.prove("jane.miller@example.com")
    assert "Your request for a copy of your data is filed as PR-" in filed


def test_start_over_in_the_middle_files_nothing(customer: Customer) -> None:
    customer.press("Download my data")
    assert "Nothing was filed" in customer.say("start over")
    customer.say("where is my request?")
    assert "There is no request under this contact" in customer.prove("reads.only@example.com")


def test_a_second_wish_in_one_sitting_needs_no_address_again(customer: Customer) -> None:
    customer.press("See my data")
    customer.prove("siobhan.o'connor@example.com")
    filed = customer.prove_again(
        "siobhan.o'connor@example.com", lambda: customer.say("and download my data too")
    )
    assert "copy of your data is filed as PR-" in filed

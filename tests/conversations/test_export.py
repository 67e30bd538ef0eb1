"""Download: a copy to take along, or a part of it."""

from tests.driving.company import Company, Person
from tests.driving.customer import Customer


def test_a_copy_is_announced_made_and_waits_behind_a_fresh_code(
    customer: Customer, nina: Person
) -> None:
    customer.say("please send me a copy of my data in a format I can take to another company")
    filed = customer.prove(nina.email)
    assert "The copy holds about 15 entries, around" in filed
    assert "I'm making the copy now" in filed
    reference = customer.last_reference()
    ready = customer.news(f"Your copy is ready ({reference}")
    assert f"/requests/{reference}/package" in ready
    assert "A fresh code opens it" in ready
    assert f"/requests/{reference}" in customer.mailbox.letter(nina.email, "/package")["text"]
    assert f"{reference}: download your data. Done on" in customer.say("where is my request?")


def test_only_a_part_is_copied(customer: Customer, nina: Person) -> None:
    told = customer.say("download only my orders since 2023")
    assert "I take only this: your orders and what you ordered, from 1 January 2023." in told
    assert "The copy holds about 2 entries" in customer.prove(nina.email), "and its line"
    customer.news("Your copy is ready")


def test_everything_but_a_part_is_copied(customer: Customer, nina: Person) -> None:
    told = customer.say("download everything except my newsletter")
    assert "I take only this: everything except your newsletter" in told
    assert "The copy holds about 12 entries" in customer.prove(nina.email)
    customer.news("Your copy is ready")


def test_why_do_you_ask_and_never_mind(customer: Customer, nina: Person) -> None:
    customer.press("Download my data")
    why = customer.say("why do you ask?")
    assert "only you can reach your data" in why
    customer.say(nina.email)
    assert customer.say("why do you ask?").endswith("Type the 6 digits here.")
    assert "Nothing was filed" in customer.press("Never mind")


def test_start_over_in_the_middle_files_nothing(customer: Customer, nina: Person) -> None:
    customer.press("Download my data")
    assert "Nothing was filed" in customer.say("start over")
    customer.say("where is my request?")
    assert "There is no request under this contact" in customer.prove(nina.email)


def test_a_second_wish_in_one_sitting_needs_no_address_again(
    customer: Customer, company: Company
) -> None:
    siobhan = company.welcomes("Siobhán O'Connor", email="s.o'connor-test@example.com")
    customer.press("See my data")
    customer.prove(siobhan.email)
    customer.news("Everything in detail")
    filed = customer.prove_again(siobhan.email, lambda: customer.say("and download my data too"))
    assert "I'm making the copy now" in filed

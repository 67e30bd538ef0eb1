"""Two people behind one address: whoever of them asks, a person finds out who it is, and neither sees the other."""

from collections.abc import Callable

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer


@pytest.fixture
def family(company: Company) -> Person:
    """One of two people who share an address."""
    one = company.welcomes("Tobias Brandt-Test", addresses=("Ahornweg 1",))
    company.welcomes("Miriam Brandt-Test", email=one.email, addresses=("Buchenweg 2",))
    return one


def see(customer: Customer, address: str) -> str:
    customer.say("what do you know about me?")
    return customer.prove(address)


def download(customer: Customer, address: str) -> str:
    customer.say("download my data")
    return customer.prove(address)


def pause(customer: Customer, address: str) -> str:
    customer.say("freeze my data while we argue about it, do not use it meanwhile")
    return customer.prove(address)


def correct(customer: Customer, address: str) -> str:
    """What stands there is not shown: it is the other one's as well."""
    customer.say("my name is wrong")
    asked = customer.prove(address)
    assert "stands with us" not in asked
    customer.say("Miriam Schulz")
    return customer.press("Yes, that's right")


def correct_address(customer: Customer, address: str) -> str:
    customer.say("my address is wrong")
    asked = customer.prove(address)
    assert "Which one should be changed?" not in asked
    customer.say("Neue Gasse 12, 10115 Berlin")
    return customer.press("Yes, that's right")


def correct_email(customer: Customer, address: str) -> str:
    """The new address proves itself all the same."""
    new = address.replace("guest", "miriam.new")
    customer.say("my e-mail address is wrong")
    customer.prove(address)
    customer.say(new)
    customer.press("Yes, that's right")
    return customer.say(customer.code_from_mail(new))


def delete(customer: Customer, address: str) -> str:
    """No plan is shown, and the second code is asked for all the same."""
    customer.say("delete my data")
    asked = customer.prove(address)
    assert "This goes" not in asked
    assert asked.endswith("Type the 6 digits here.")
    return customer.say(customer.code_from_mail(address, after=1))


def delete_a_part(customer: Customer, address: str) -> str:
    customer.say("delete only my orders")
    customer.prove(address)
    return customer.say(customer.code_from_mail(address, after=1))


@pytest.mark.parametrize(
    "right",
    [see, download, pause, correct, correct_address, correct_email, delete, delete_a_part],
    ids=lambda right: right.__name__,
)
def test_a_person_looks_at_it_first(
    customer: Customer,
    company: Company,
    family: Person,
    right: Callable[[Customer, str], str],
) -> None:
    told = right(customer, family.email)
    reference = customer.last_reference()
    assert f"is filed as {reference}. A person has to look at it before we go on" in told
    assert "at the latest" in told
    status = customer.say("where is my request?")
    assert f"{reference}: " in status
    assert "Checking it's you" in status
    said = "\n".join(line["text"] for line in customer.lines if line["author"] == "bot")
    for other in ("Tobias", "Miriam Brandt", "Ahornweg", "Buchenweg"):
        assert other not in said
    assert company.name_of(family) == "Tobias Brandt-Test"


def test_wrong_codes_are_wrong_for_two_as_for_one(customer: Customer, family: Person) -> None:
    customer.say("delete my data")
    customer.prove(family.email)
    code = customer.code_from_mail(family.email, after=1)
    wrong = "000000" if code != "000000" else "111111"
    assert "You have 4 tries left" in customer.say(wrong)
    assert "A person has to look at it" in customer.say(code)


def test_what_one_of_them_takes_back_is_what_they_asked_for_together(
    customer: Customer, family: Person
) -> None:
    see(customer, family.email)
    assert "Shall I cancel PR-" in customer.say("cancel my request")
    assert "is cancelled" in customer.press("Yes, cancel it")

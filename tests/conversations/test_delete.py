"""Delete: what it means first, then yes, then the code."""

from tests.driving.customer import Customer


def test_deletion_says_what_it_means_before_anything_is_asked(customer: Customer) -> None:
    told = customer.say("I want you to erase everything you know about me")
    assert "can't be brought back" in told
    assert "invoices" in told
    assert customer.labels == ["Yes, delete my data", "Get a copy first", "Never mind"]
    customer.press("Yes, delete my data")
    assert "Your request to delete your data is filed as PR-" in customer.prove(
        "jane.miller@example.com"
    )


def test_never_mind_files_nothing(customer: Customer) -> None:
    customer.press("Delete my data")
    assert "Nothing was filed" in customer.press("Never mind")


def test_a_copy_first_is_one_press_away(customer: Customer) -> None:
    customer.press("Delete my data")
    assert "copy of your data" in customer.press("Get a copy first")
    assert "copy of your data is filed" in customer.prove("l.fontaine@example.com")


def test_a_code_for_seeing_deletes_nothing(customer: Customer) -> None:
    customer.press("See my data")
    customer.prove("just.asking@example.com")
    customer.say("now delete my data")
    asked = customer.press("Yes, delete my data")
    assert "a code with 6 digits is on its way" in asked


def test_people_who_share_an_address_are_settled_by_a_person(customer: Customer) -> None:
    customer.press("Delete my data")
    customer.press("Yes, delete my data")
    told = customer.prove("family.brandt@example.com")
    assert "A person has to look at it before we go on" in told
    assert "Brandt" not in told

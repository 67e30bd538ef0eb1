"""Correct: which field, who asks, what stands there, the new value, read back, filed, changed."""

import pytest

from tests.driving.company import Company, Person
from tests.driving.customer import Customer

CONFIRM = "Yes, that's right"


def ask_for_value(customer: Customer, field: str, person: Person) -> str:
    """Choose the field and prove who asks; returns what is said then."""
    customer.press("Correct my data")
    customer.press(field)
    return customer.prove(person.email)


def change(customer: Customer, value: str) -> str:
    """Type a value, say that it is right, and wait for the news."""
    assert "would become:\n\n" in customer.say(value)
    return is_told(customer, customer.press(CONFIRM))


def change_number(customer: Customer, number: str) -> str:
    """The same with a number, which proves itself by a code of its own."""
    assert "would become:\n\n" in customer.say(number)
    assert "as a text message" in customer.press(CONFIRM)
    return is_told(customer, customer.say(customer.code_from_phone(number)))


def is_told(customer: Customer, filed: str) -> str:
    assert f"Your reference is {customer.last_reference()}" in filed
    return customer.news(f"It's changed ({customer.last_reference()})")


def test_a_wrong_phone_number_is_shown_asked_read_back_and_changed_everywhere(
    customer: Customer, company: Company, nina: Person
) -> None:
    at_home, new = nina.phone.replace("+49 30 ", "030/"), company.free_mobile()
    company.changes(
        "support",
        "UPDATE tickets SET contact_phone = ? WHERE contact_email = ?",
        at_home,
        nina.email,
    )
    customer.say("my phone number is wrong")
    stands = customer.prove(nina.email)
    assert f"Your phone number stands with us as:\n\n{nina.phone}" in stands
    assert stands.endswith("Type it exactly as it should stand.")
    read_back = customer.say(new.replace("+49 171 39", "0171 / 39 "))
    assert f"Your phone number would become:\n\n{new}\n\nIs that right?" in read_back
    asked = customer.press(CONFIRM)
    assert f"a second code with 6 digits is on its way to {new} as a text message" in asked
    assert company.held("shop", "SELECT phone FROM customers WHERE id = ?", nina.row) == [
        (nina.phone,)
    ]
    assert "I'm changing it now" in customer.say(customer.code_from_phone(new))
    reference = customer.last_reference()
    told = customer.news(f"It's changed ({reference})")
    assert f"{nina.phone} → {new} (our shop)" in told
    assert f"{at_home} → {new} (our support desk)" in told
    assert company.held("shop", "SELECT phone FROM customers WHERE id = ?", nina.row) == [(new,)]
    assert company.held(
        "support", "SELECT contact_phone FROM tickets WHERE contact_email = ?", nina.email
    ) == [(new.replace("+49 ", "0"),)], "as the desk writes its numbers"
    assert f"{reference}: correct your data. Done on" in customer.say("where is my request?")
    letter = customer.mailbox.letter(nina.email, f"Reference: {reference}\nDone:")
    assert new not in letter["text"], "letters mask contacts"


def test_of_a_landline_a_person_makes_sure(
    customer: Customer, company: Company, nina: Person
) -> None:
    """No text message reaches it, so it cannot prove itself."""
    ask_for_value(customer, "Phone number", nina)
    new = company.free_phone()
    assert "would become:\n\n" in customer.say(new)
    filed = customer.press(CONFIRM)
    assert f"Your request is filed as {customer.last_reference()}. A person looks at this" in filed
    customer.news(f"For {customer.last_reference()} a person has to do a part by hand")
    assert company.held("shop", "SELECT phone FROM customers WHERE id = ?", nina.row) == [
        (nina.phone,)
    ]


def test_the_detours_of_each_question(customer: Customer, company: Company) -> None:
    """Why do you ask, help, a value that cannot be one, and no: nothing of it loses the way."""
    ada = company.welcomes("Ada Winter", addresses=("Lindenweg 3", "Hofgasse 5"))
    customer.press("Correct my data")
    assert "which entry is wrong" in customer.say("why do you ask?")
    customer.press("Address")
    assert "only you can reach your data" in customer.say("why do you ask?")
    asked = customer.prove(ada.email)
    assert "We have more than one address of yours." in asked
    why = customer.say("why do you ask?")
    assert "only the entry that you mean is changed" in why
    assert why.endswith("Which one should be changed?")
    assert "Which one should be changed?" in customer.say("hmm, the first one I think")
    customer.press("Hofgasse 5, 50667 Köln, DE (billing)")
    why = customer.say("why do you need to know that?")
    assert "I need the new value" in why
    assert "What should your address be" in why
    refused = customer.say("somewhere nice")
    assert "I can't take that apart into street, postal code and town." in refused
    assert "What should your address be" in refused
    assert "Neue Gasse 12, 10115 Berlin" in customer.say("Neue Gasse 12, 10115 Berlin")
    why = customer.say("why do you ask?")
    assert "a typing mistake" in why
    assert "Neue Gasse 12, 10115 Berlin" in why, "the reading back comes again"
    assert "What should your address be" in customer.press("No, type it again")
    told = change(customer, "Neue Gasse 21, 10115 Berlin")
    assert "Hofgasse 5, 50667 Köln, DE → Neue Gasse 21, 10115 Berlin, DE (our shop)" in told
    assert company.held(
        "shop",
        "SELECT kind, street, postal_code, city, country FROM addresses WHERE customer_id = ?",
        ada.row,
    ) == [
        ("delivery", "Lindenweg 3", "50667", "Köln", "DE"),
        ("billing", "Neue Gasse 21", "10115", "Berlin", "DE"),
    ]


def test_a_single_address_needs_no_choosing(customer: Customer, nina: Person) -> None:
    stands = ask_for_value(customer, "Address", nina)
    assert "Your address stands with us as:\n\nLindenweg 3, 50667 Köln, DE" in stands
    assert "street and number, postal code and town" in stands


def test_a_name_goes_to_each_system_in_the_part_that_it_holds(
    customer: Customer, company: Company, nina: Person
) -> None:
    """The shop has the whole name, the newsletter the first name only, the ticket the whole one."""
    stands = ask_for_value(customer, "Name", nina)
    assert "Nina Winter\nNina\n" in stands
    read_back = customer.say("Antonina Winter-Okafor")
    assert "Antonina Winter-Okafor (first name: Antonina)" in read_back
    customer.press(CONFIRM)
    told = customer.news("It's changed")
    assert "Nina Winter → Antonina Winter-Okafor (our shop, our support desk)" in told
    assert "Nina → Antonina (our newsletter)" in told
    assert company.name_of(nina) == "Antonina Winter-Okafor"
    assert company.held(
        "newsletter", "SELECT first_name FROM subscriptions WHERE email = ?", nina.email
    ) == [("Antonina",)]
    assert company.held(
        "support", "SELECT contact_name FROM tickets WHERE contact_email = ?", nina.email
    ) == [("Antonina Winter-Okafor",)]


def test_a_new_last_name_leaves_the_first_name_where_it_is(
    customer: Customer, company: Company, nina: Person
) -> None:
    ask_for_value(customer, "Name", nina)
    told = change(customer, "Nina Neumann")
    assert "newsletter" not in told
    assert company.held(
        "newsletter", "SELECT first_name FROM subscriptions WHERE email = ?", nina.email
    ) == [("Nina",)]


def test_a_name_that_sounds_like_a_word_of_ours_is_a_name(customer: Customer, nina: Person) -> None:
    """Rasa hears "no" in them, or "hello"."""
    ask_for_value(customer, "Name", nina)
    for name in ("Neumann", "Ngo", "Brandt-Neu", "Noah Stopp", "Joy"):
        assert f"Your name would become:\n\n{name}" in customer.say(name)
        customer.press("No, type it again")


def test_never_mind_ends_it_at_each_question(customer: Customer, nina: Person) -> None:
    customer.press("Correct my data")
    assert "Nothing was filed" in customer.say("never mind")
    ask_for_value(customer, "Name", nina)
    assert "Nothing was filed" in customer.say("never mind")
    customer.press("Correct my data")
    customer.prove_again(nina.email, lambda: customer.press("Name"))
    customer.say("Nina Summer")
    assert "Nothing was filed" in customer.say("start over")
    assert "There is no request" in customer.say("where is my request?")


def test_no_to_the_reading_back_asks_for_the_value_again(customer: Customer, nina: Person) -> None:
    ask_for_value(customer, "Name", nina)
    customer.say("Nina Wintter")
    assert "What should your name be" in customer.press("No, type it again")
    assert "\n\nNina Wynter" in customer.say("Nina Wynter")


def test_what_stands_there_already_is_said_and_asked_again(
    customer: Customer, nina: Person
) -> None:
    ask_for_value(customer, "Phone number", nina)
    told = customer.say(nina.phone.replace("+49 30", "(030)"))
    assert "That is what stands there already." in told
    assert "What should your phone number be" in told


@pytest.mark.parametrize(
    ("field", "refused"),
    [
        ("E-mail address", {"somewhere": "An address looks like name@example.com"}),
        ("Phone number", {"tomorrow evening": "doesn't read like a phone number"}),
        ("Date of birth", {"31.02.1990": "doesn't read like a date of birth"}),
        (
            "Name",
            {
                "IMG_2041.jpg": "can't read files here",
                "...": "could not read a value",
                "x" * 400: "longer than this entry can be",
                "Nina \u202eretniW": "signs in that value which can't be seen",
                "https://winter.example": "doesn't read like a name",
            },
        ),
    ],
)
def test_a_value_that_cannot_stand_there_is_told_and_asked_again(
    customer: Customer, nina: Person, field: str, refused: dict[str, str]
) -> None:
    ask_for_value(customer, field, nina)
    for value, told in refused.items():
        answer = customer.say(value)
        assert told in answer
        assert "Type it exactly as it should stand" in answer


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("Siobhán \"O'Connor\"'); DROP TABLE customers;--", None),
        ("🦊 𝓕𝓸𝔁 שרה <b onclick=alert(1)>", None),
        ("=cmd|' /C calc'!A0", None),
        ("⟦email_1⟧ {lines} {{7*7}} %s", None),
        ("email_1", None),
        ("  Nina\x00 \t Sum\x1bmer ", "Nina Summer"),
    ],
)
def test_values_that_look_like_code_are_stored_and_told_as_they_are(
    customer: Customer, company: Company, nina: Person, typed: str, stands: str | None
) -> None:
    ask_for_value(customer, "Name", nina)
    told = change(customer, typed)
    stands = stands or typed
    assert company.name_of(nina) == stands
    shown = stands.replace("⟦", "[").replace("⟧", "]")  # never a sign that could be filled
    assert f"Nina Winter → {shown} (our shop" in told
    assert nina.email not in told, "no placeholder was filled"


def test_a_value_and_a_wish_are_told_apart_by_what_was_asked(
    customer: Customer, nina: Person
) -> None:
    """An address in the first sentence is no proof and no value yet."""
    told = customer.say("my e-mail address is wrong, it should be nina.elsewhere@example.com")
    assert "Which e-mail address or phone number do we have for you?" in told
    stands = customer.prove(nina.email)
    assert f"stands with us as:\n\n{nina.email}" in stands


def test_a_date_of_birth_is_looked_at_by_a_person(
    customer: Customer, company: Company, nina: Person
) -> None:
    ask_for_value(customer, "Date of birth", nina)
    assert "3 April 1990" in customer.say("3/4/1990")
    filed = customer.press(CONFIRM)
    reference = customer.last_reference()
    assert f"Your request is filed as {reference}. A person looks at this change" in filed
    assert "at the latest" in filed
    customer.news(f"For {reference} a person has to do a part by hand")
    assert company.held("shop", "SELECT birth_date FROM customers WHERE id = ?", nina.row) == [
        ("1990-03-31",)
    ]
    assert f"{reference}: correct your data. In progress" in customer.say("where is my request?")


def test_two_fields_are_two_requests_and_each_has_a_code_of_its_own(
    customer: Customer, company: Company, nina: Person
) -> None:
    ask_for_value(customer, "Name", nina)
    change(customer, "Nina Summer")
    first = customer.last_reference()
    customer.press("Correct something else")
    again = customer.prove_again(nina.email, lambda: customer.press("Phone number"))
    assert "stands with us as" in again
    change_number(customer, company.free_mobile())
    assert customer.last_reference() != first


def test_what_cannot_be_corrected_here_is_told(customer: Customer) -> None:
    customer.press("Correct my data")
    assert "Something else" in customer.labels
    told = customer.press("Something else")
    assert "You can leave a message here" in told


def test_an_entry_that_we_do_not_have_is_told_and_can_be_completed(
    customer: Customer, company: Company
) -> None:
    ada = company.welcomes("Ada Winter", phone=None)
    told = ask_for_value(customer, "Phone number", ada)
    assert "We have no phone number of yours so far." in told
    new = company.free_mobile()
    assert f"nothing → {new} (our shop)" in change_number(customer, new)
    assert company.held("shop", "SELECT phone FROM customers WHERE id = ?", ada.row) == [
        (new.replace(" ", ""),)
    ]

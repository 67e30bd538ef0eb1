"""Delete: who asks, what goes and what stays, yes with a fresh code; undone until its day, or done at once."""

from collections.abc import Callable

from tests.driving.company import Company, Person
from tests.driving.customer import Customer
from tests.driving.house import House

BUTTONS = [
    "Yes, on that day",
    "Yes, now",
    "Get a copy first",
    "Only a part of it",
    "Never mind",
]
CODE = "Type the 6 digits here."


def see_plan(customer: Customer, person: Person, wish: str = "delete my data") -> str:
    """Ask for it and prove who asks; returns what would happen."""
    customer.say(wish)
    return customer.prove(person.email)


def confirm(customer: Customer, person: Person, label: str) -> str:
    """Press a yes and type the fresh code."""
    return customer.prove_again(person.email, lambda: customer.press(label))


def test_the_plan_says_what_goes_what_stays_and_what_stops_before_anything_is_asked(
    customer: Customer, company: Company, nina: Person
) -> None:
    told = customer.say("I want you to erase everything you know about me")
    assert "I'll show you first what would go and what would stay" in told
    plan = customer.prove(nina.email)
    goes, stays = plan.index("This goes:"), plan.index("This stays for a time:")
    then, asked = plan.index("Then:"), plan.index("Shall I delete it?")
    assert goes < stays < then < asked
    assert "your account" in plan[goes:stays]
    assert "1 question to our support desk" in plan[goes:stays]
    assert "2 invoices and 2 payments, until 1 June 2035 at the latest" in plan[stays:then]
    assert "tax law tells us to keep invoices" in plan[stays:then]
    assert "You can no longer sign in" in plan[then:asked]
    assert "can't be brought back" in plan[asked:]
    assert customer.labels == BUTTONS
    assert company.name_of(nina) == "Nina Winter"


def test_a_yes_and_a_fresh_code_plan_it_and_until_its_day_it_can_be_undone(
    customer: Customer, company: Company, nina: Person
) -> None:
    day = see_plan(customer, nina).partition("It happens on ")[2].partition(",")[0]
    asked = customer.press("Yes, on that day")
    assert "Deleting needs a fresh code" in asked
    assert asked.endswith(CODE)
    planned = customer.say(customer.code_from_mail(nina.email, after=1))
    reference = customer.last_reference()
    assert f"It's planned as {reference}: your data is deleted on {day}." in planned
    assert f"{reference}: delete your data. Planned for {day}." in customer.say(
        "where is my request?"
    )
    assert f"/requests/{reference}" in customer.mailbox.letter(nina.email, "Reference: PR-")["text"]
    assert f"Shall I cancel {reference}?" in customer.say("undo the deletion")
    assert f"{reference} is cancelled" in customer.press("Yes, cancel it")
    assert f"{reference}: delete your data. Cancelled on" in customer.say("where is my request?")
    assert company.name_of(nina) == "Nina Winter"


def test_yes_now_deletes_in_all_systems_and_gives_a_receipt(
    customer: Customer, company: Company, nina: Person
) -> None:
    see_plan(customer, nina)
    begun = confirm(customer, nina, "Yes, now")
    reference = customer.last_reference()
    assert f"I'm deleting it now. Your reference is {reference}." in begun
    done = customer.news(f"It's done ({reference}).")
    assert "Deleted:\n• Our shop: your account, 1 address" in done
    assert "Kept for a time:\n• 2 orders, until 1 June 2035 at the latest" in done
    assert company.name_of(nina) is None
    for system, table, column in (
        ("newsletter", "subscriptions", "email"),
        ("support", "tickets", "contact_email"),
        ("shop", "invoices", "billing_email"),
    ):
        found = f"SELECT count(*) FROM {table} WHERE {column} = ?"
        assert company.held(system, found, nina.email) == [(0,)], table
    assert company.held(
        "shop",
        "SELECT count(*) FROM invoices WHERE invoice_number LIKE ?",
        f"I-T{nina.number[4:]}%",
    ) == [(2,)], "what the law keeps"
    assert f"{reference}: delete your data. Done on" in customer.say("where is my request?")
    customer.mailbox.letter(nina.email, "deleted")


def test_how_the_deletion_stands_is_told_when_no_system_knows_the_address_any_more(
    house: House, customer: Customer, nina: Person
) -> None:
    """The request itself remembers to whom its receipt went; it opens no more than that."""
    see_plan(customer, nina)
    confirm(customer, nina, "Yes, now")
    customer.news("It's done")
    later = house.customer()
    later.say("how far is my request?")
    assert f"{customer.last_reference()}: delete your data. " in later.prove(nina.email)
    stranger = house.customer()
    before = stranger.codes_mailed(nina.email)
    stranger.press("See my data")
    assert CODE in stranger.say(nina.email), "they hear what everybody hears"
    assert stranger.codes_mailed(nina.email) == before


def test_what_is_planned_can_begin_now_with_a_code_of_its_own(
    customer: Customer, company: Company, nina: Person
) -> None:
    see_plan(customer, nina)
    confirm(customer, nina, "Yes, on that day")
    reference = customer.last_reference()
    begun = confirm(customer, nina, "Delete it now")
    assert f"I'm deleting it now. Your reference is {reference}." in begun
    customer.news(f"It's done ({reference}).")
    assert company.name_of(nina) is None


def test_a_wrong_code_lets_nothing_begin_that_is_planned(
    customer: Customer, company: Company, nina: Person
) -> None:
    see_plan(customer, nina)
    confirm(customer, nina, "Yes, on that day")
    asked = customer.press("Delete it now")
    assert "I can start the deletion now instead of waiting." in asked
    wrong = wrong_code(customer, nina, after=2)
    assert "You have 4 tries left" in customer.say(wrong)
    assert "Nothing was filed" in customer.press("Never mind")
    assert "Planned for" in customer.say("where is my request?")
    assert company.name_of(nina) == "Nina Winter"


def test_never_mind_at_each_question_files_nothing(customer: Customer, nina: Person) -> None:
    customer.press("Delete my data")
    assert "Nothing was filed" in customer.say("never mind")
    customer.press("Delete my data")
    customer.say(nina.email)
    assert "Nothing was filed" in customer.press("Never mind")
    customer.press("Delete my data")
    customer.say(nina.email)
    customer.say(customer.code_from_mail(nina.email, after=1))
    assert "Nothing was filed" in customer.press("Never mind")
    customer.say("delete my data")
    customer.press("Yes, now")
    assert "Nothing was filed" in customer.say("start over")
    code = customer.code_from_mail(nina.email, after=2)
    assert "I'm not waiting for a code now" in customer.say(code)
    assert "There is no request" in customer.say("where is my request?")


def test_why_do_you_ask_at_each_question(customer: Customer, nina: Person) -> None:
    customer.press("Delete my data")
    assert "only you can reach your data" in customer.say("why do you ask?")
    customer.prove(nina.email)
    why = customer.say("why do you ask?")
    assert "I ask because deleted data can't be brought back" in why
    assert "Shall I delete it?" in why
    assert customer.labels == BUTTONS
    customer.press("Yes, on that day")
    why = customer.say("why do you ask?")
    assert "Only the owner of the mailbox can read the code" in why
    assert why.endswith(CODE)


def test_wrong_codes_at_the_first_code_end_it_without_a_plan(
    customer: Customer, nina: Person
) -> None:
    customer.press("Delete my data")
    customer.say(nina.email)
    wrong = wrong_code(customer, nina)
    said = [customer.say(wrong) for _ in range(5)]
    assert "nothing was filed" in said[-1]
    assert "This goes" not in "".join(said)


def test_wrong_codes_at_the_second_code_end_it_without_a_deletion(
    customer: Customer, company: Company, nina: Person
) -> None:
    see_plan(customer, nina)
    customer.press("Yes, now")
    wrong = wrong_code(customer, nina, after=1)
    said = [customer.say(wrong) for _ in range(5)]
    assert "You have 1 try left" in said[3]
    assert "I couldn't be sure that it's you, so nothing was filed." in said[4]
    assert "There is no request" in customer.say("where is my request?")
    assert company.name_of(nina) == "Nina Winter"


def test_a_second_code_that_expired_is_replaced(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    see_plan(customer, nina)
    customer.press("Yes, on that day")
    code = customer.code_from_mail(nina.email, after=1)
    time_passes(codes=True)
    assert "That code has ended. A new one is on its way" in customer.say(code)
    assert "It's planned as PR-" in customer.say(customer.code_from_mail(nina.email, after=2))


def test_the_second_code_can_be_sent_again(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    see_plan(customer, nina)
    customer.press("Yes, on that day")
    first = customer.code_from_mail(nina.email, after=1)
    assert "A code was sent a moment ago" in customer.press("Send a new code")
    time_passes(sent=True)
    assert "A new code is on its way" in customer.press("Send a new code")
    newer = customer.code_from_mail(nina.email, after=2)
    if first != newer:
        assert "That isn't the code" in customer.say(first)
    assert "It's planned as PR-" in customer.say(newer)


def test_a_proof_that_ran_out_between_plan_and_yes_is_asked_for_again(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    see_plan(customer, nina)
    time_passes(proofs=True)
    asked = customer.press("Yes, on that day")
    assert asked.endswith(CODE)
    assert "It's planned as PR-" in customer.say(customer.code_from_mail(nina.email, after=1))


def test_a_proof_that_ran_out_before_a_part_is_named_is_asked_for_again(
    customer: Customer, nina: Person, time_passes: Callable[..., None]
) -> None:
    """The plan of the part is shown once it is sure again who asks; what was said is kept."""
    see_plan(customer, nina)
    customer.press("Only a part of it")
    time_passes(proofs=True)
    asked = customer.say("only my newsletter data")
    assert "This goes" not in asked
    assert "Which e-mail address or phone number do we have for you?" in asked
    plan = customer.prove(nina.email)
    assert "Our newsletter: your newsletter" in plan
    assert "your account" not in plan


def test_a_code_for_seeing_deletes_nothing(customer: Customer, nina: Person) -> None:
    """It is good for the plan, which is shown to whoever it is about; the deletion needs its own."""
    customer.press("See my data")
    customer.prove(nina.email)
    customer.news("Everything in detail")
    assert "This goes:" in customer.press("Delete my data")
    assert "a code with 6 digits is on its way" in customer.press("Yes, now")


def test_a_copy_first_is_one_press_away(customer: Customer, nina: Person) -> None:
    see_plan(customer, nina)
    copied = customer.prove_again(nina.email, lambda: customer.press("Get a copy first"))
    assert "I'm making the copy now" in copied
    customer.news("Your copy is ready")
    assert "This goes:" in customer.press("Delete my data")


def test_only_a_part_by_the_wish_itself(customer: Customer, company: Company, nina: Person) -> None:
    told = customer.say("delete only my newsletter data")
    assert "I take only this: your newsletter" in told
    plan = customer.prove(nina.email)
    assert "Our newsletter: your newsletter, 1 thing you said yes to" in plan
    assert "account" not in plan
    confirm(customer, nina, "Yes, now")
    done = customer.news("It's done")
    assert "Kept for a time" not in done
    subscribed = "SELECT count(*) FROM subscriptions WHERE email = ?"
    assert company.held("newsletter", subscribed, nina.email) == [(0,)]
    assert company.name_of(nina) == "Nina Winter"


def test_everything_but_a_part(customer: Customer, company: Company, nina: Person) -> None:
    plan = see_plan(customer, nina, "delete everything except my newsletter")
    assert "your account" in plan
    assert "Our newsletter" not in plan
    confirm(customer, nina, "Yes, now")
    customer.news("It's done")
    assert company.name_of(nina) is None
    subscribed = "SELECT count(*) FROM subscriptions WHERE email = ?"
    assert company.held("newsletter", subscribed, nina.email) == [(1,)]


def test_only_a_part_by_the_button_in_the_customers_own_words(
    customer: Customer, nina: Person
) -> None:
    see_plan(customer, nina)
    asked = customer.press("Only a part of it")
    assert "We hold: your account, your addresses, your orders" in asked
    assert customer.labels == ["All of it", "Never mind"]
    why = customer.say("why do you ask?")
    assert "I ask so that only what you mean is touched." in why
    assert "Which part?" in why
    unknown = customer.say("my unicorns")
    assert "I couldn't match that with what we hold." in unknown
    assert "Which part?" in unknown
    plan = customer.say("only my support questions")
    assert "I take only this: your questions to our support desk" in plan
    assert "Our support desk: 1 question to our support desk" in plan
    assert "Our shop" not in plan
    customer.press("Only a part of it")
    dated = customer.say("my orders before 2023")
    assert "until 31 December 2022" in dated
    assert "1 order, until" in dated
    customer.press("Only a part of it")
    assert "Nothing was filed" in customer.press("Never mind")


def test_all_of_it_after_all(customer: Customer, nina: Person) -> None:
    see_plan(customer, nina, "delete only my newsletter data")
    for say_all in (
        lambda: customer.press("All of it"),
        lambda: customer.say("all of it"),
        lambda: customer.say("everything"),
    ):
        customer.press("Only a part of it")
        plan = say_all()
        assert "I take only this" not in plan
        assert "your account" in plan
        assert "Our newsletter" in plan


def test_a_part_of_which_we_hold_nothing(customer: Customer, company: Company) -> None:
    ada = company.welcomes("Ada Winter")
    told = see_plan(customer, ada, "delete only my newsletter data")
    assert "We hold nothing of that about you. Nothing was deleted." in told
    assert "See my data" in customer.labels


def test_the_whole_after_a_part_is_another_deletion(
    customer: Customer, company: Company, nina: Person
) -> None:
    """What was shown and confirmed is what is deleted, whatever was planned before."""
    see_plan(customer, nina, "delete only my newsletter data")
    confirm(customer, nina, "Yes, on that day")
    part = customer.last_reference()
    assert "your account" in customer.say("delete all of my data")
    confirm(customer, nina, "Yes, now")
    whole = customer.last_reference()
    assert whole != part
    customer.news(f"It's done ({whole}).")
    assert company.name_of(nina) is None
    status = customer.say("where is my request?")
    assert f"{whole}: delete your data. Done on" in status
    assert f"{part}: delete your data. Planned for" in status


def test_the_same_deletion_twice_is_planned_once(house: House, nina: Person) -> None:
    references = set()
    for customer in (house.customer(), house.customer()):
        see_plan(customer, nina)
        assert "It's planned as" in confirm(customer, nina, "Yes, on that day")
        references.add(customer.last_reference())
    assert len(references) == 1


def test_asking_for_it_now_when_it_is_planned_begins_the_one_that_is_planned(
    house: House, company: Company, nina: Person
) -> None:
    first, second = house.customer(), house.customer()
    see_plan(first, nina)
    confirm(first, nina, "Yes, on that day")
    see_plan(second, nina)
    assert "I'm deleting it now" in confirm(second, nina, "Yes, now")
    assert second.last_reference() == first.last_reference()
    first.news("It's done")
    assert company.name_of(nina) is None


def wrong_code(customer: Customer, person: Person, after: int = 0) -> str:
    """Six digits that are not the code that was mailed last."""
    return "000000" if customer.code_from_mail(person.email, after=after) != "000000" else "111111"

"""The desk's door: who gets in, whose forms count, what a stranger sees, and when a session ends (S-41)."""

from datetime import timedelta

import pytest

from privacy.agents.roles import Role
from tests.web.desk.desk_house import Browser, DeskHouse

PAGES = ("/", "/conversations", "/saved-replies")


@pytest.mark.parametrize("path", PAGES)
async def test_a_stranger_is_shown_the_way_in(house: DeskHouse, path: str) -> None:
    answer = await Browser(house, "not-a-session").get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?ended=1")


async def test_a_script_hears_it_by_the_status(house: DeskHouse) -> None:
    stranger = Browser(house, "")
    assert (await stranger.get("/conversations", **{"x-by-itself": "1"})).status_code == 401
    assert (await stranger.get("/live")).status_code == 401


async def test_a_form_of_another_site_or_session_does_nothing(house: DeskHouse) -> None:
    anna, opened = house.employs("Anna"), house.waiting()
    browser = house.sits_down(anna)
    claim = f"/conversations/{opened.conversation}/claim"
    forged = await browser.post(claim, **{"sec-fetch-site": "cross-site"})
    foreign = await browser.post(claim, origin="https://evil.example")
    stale = await browser.post(claim, {"form_token": "0" * 32})
    assert [one.status_code for one in (forged, foreign, stale)] == [403, 403, 403]
    assert "This page was open for too long." in stale.text
    assert house.people.now(opened.conversation).holder == "queue"


async def test_the_session_ends_after_a_while_without_use(house: DeskHouse) -> None:
    browser = house.sits_down(house.employs("Anna"))
    house.clock.move(timedelta(minutes=14))
    assert (await browser.get("/saved-replies")).status_code == 200
    house.clock.move(timedelta(minutes=14))
    assert (await browser.get("/conversations", **{"x-by-itself": "1"})).status_code == 200
    house.clock.move(timedelta(minutes=2))
    assert (await browser.get("/saved-replies")).status_code == 303


async def test_no_other_site_may_show_or_read_the_desk(house: DeskHouse) -> None:
    answer = await house.sits_down(house.employs("Anna")).get("/conversations")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_pausing_takes_no_conversations(house: DeskHouse) -> None:
    anna = house.employs("Anna")
    browser = house.sits_down(anna)
    await browser.post("/presence", {"paused": "no"})
    opened = house.open()
    assert house.people.ask(opened.conversation, "asked").wait is not None
    await browser.post("/presence", {"paused": "yes"})
    assert "Paused" in (await browser.get("/conversations")).text
    assert house.people.ask(house.open().conversation, "asked").wait is None


async def test_what_is_not_allowed_is_not_offered(house: DeskHouse) -> None:
    opened = house.waiting()
    page = await house.sits_down(house.employs("Olga", Role.AUDITOR)).get(
        f"/conversations/{opened.conversation}"
    )
    assert page.status_code == 200
    for button in ("Take it", "Assign", "Keep as note", "Reveal"):
        assert f">{button}<" not in page.text


async def test_an_administrator_reads_no_conversation(house: DeskHouse) -> None:
    opened = house.waiting()
    browser = house.sits_down(house.employs("Root", Role.ADMINISTRATOR))
    for path in ("/conversations", f"/conversations/{opened.conversation}"):
        answer = await browser.get(path)
        assert answer.status_code == 403
        assert "Your role does not include this." in answer.text


async def test_odd_addresses_get_a_calm_page(house: DeskHouse) -> None:
    browser = house.sits_down(house.employs("Anna"))
    for path in ("/conversations/web:nobody", "/conversations/..%2Fx", "/nowhere"):
        answer = await browser.get(path)
        assert answer.status_code in (400, 404)
        assert "This did not work" in answer.text
    after = await browser.get("/conversations?view=nonsense&order=x&after=%00~~")
    assert after.status_code == 200


async def test_pressed_twice_it_is_said_once(house: DeskHouse) -> None:
    anna, opened = house.employs("Anna"), house.waiting()
    house.people.claim(opened.conversation, anna)
    browser = house.sits_down(anna)
    reply = f"/conversations/{opened.conversation}/reply"
    for _ in range(2):
        fields = {"text": "Here it is.", "as": "reply", "client_id": "same-id-01"}
        assert (await browser.post(reply, fields)).status_code == 303
    assert house.said_since(opened).count(("agent", "Here it is.")) == 1


async def test_saved_replies_are_written_by_those_who_may(house: DeskHouse) -> None:
    officer = house.sits_down(house.employs("Anna", Role.OFFICER))
    agent = house.sits_down(house.employs("Ben"))
    fields = {"name": "/thanks", "text": "{agent} says thank you."}
    assert (await agent.post("/saved-replies", fields)).status_code == 403
    assert (await officer.post("/saved-replies", fields)).status_code == 303
    assert "{agent} says thank you." in (await agent.get("/saved-replies")).text
    wrong = await officer.post("/saved-replies", {"name": "Not A Name", "text": "x"})
    assert wrong.status_code == 422
    assert "small letters, digits and hyphens" in wrong.text
    assert (await officer.post("/saved-replies/remove", {"name": "thanks"})).status_code == 303
    assert "says thank you" not in (await agent.get("/saved-replies")).text

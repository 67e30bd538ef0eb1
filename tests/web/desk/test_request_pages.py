"""The pages of requests, tasks and figures at the desk, as the real application answers them to each role."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privacy.agents.roles import Role
from privacy.clock import FixedClock
from privacy.requests import State
from privacy.store.tables.fulfilment import task, task_file
from privacy.store.tables.requests import request
from tests.privacy.desk.test_reviewing import mark_messages
from tests.privacy.fulfilment.vera_world import JANE
from tests.web.desk.request_pages_world import DeskHouse
from web.desk.requests.uploads import MOST_BYTES


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeskHouse]:
    house = DeskHouse(tmp_path / "vera", FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)))
    yield house
    house.vera.database.close()


def test_a_list_leads_to_the_request_and_shows_nobody_who_they_are(house: DeskHouse) -> None:
    filed = house.file("access")
    agent = house.visitor(Role.AGENT)
    seen = agent.get("/requests")
    assert seen.status == 200
    assert f"/requests/{filed.reference}" in seen.links('/requests/PR-[^"]+')
    assert "Received" in seen.text
    sheet = agent.get(f"/requests/{filed.reference}")
    assert sheet.status == 200
    assert "see your data" in sheet.text
    assert "LGPD" in sheet.text
    assert "Receipt" in sheet.text
    for page in (seen, sheet):
        assert JANE not in page.response.text
        assert "jane" not in page.response.text.casefold()


def test_a_reference_is_found_however_it_is_typed(house: DeskHouse) -> None:
    filed = house.file("access")
    agent = house.visitor(Role.AGENT)
    answer = agent.client.get("/requests", params={"find": filed.reference.lower()})
    assert answer.headers["location"] == f"/requests/{filed.reference}"
    nowhere = agent.get("/requests?find=PR-0000")
    assert nowhere.status == 404
    assert "no such conversation or request" in nowhere.alert


def test_every_view_answers(house: DeskHouse) -> None:
    house.file("delete")
    agent = house.visitor(Role.AGENT)
    for view in ("open", "overdue", "person", "proposals", "mine", "snoozed", "checking_identity", "in_progress",
                 "waiting_for_customer", "scheduled", "decided", "all"):  # fmt: skip
        assert agent.get(f"/requests?view={view}&order=wait").status == 200, view
    for view in ("waiting", "mine", "others", "snoozed"):
        assert agent.get(f"/requests/tasks?view={view}").status == 200, view


def test_each_role_is_offered_what_it_may(house: DeskHouse) -> None:
    filed = house.file("delete")
    offered = {}
    for role in (Role.AGENT, Role.OFFICER, Role.AUDITOR):
        seen = house.visitor(role).get(f"/requests/{filed.reference}")
        verbs = ("refuse", "extend", "hold", "approve", "settle", "try-again", "reveal")
        offered[role] = {verb for verb in verbs if seen.offers(verb)}
    assert offered == {
        Role.AGENT: {"refuse", "extend"},
        Role.OFFICER: {"refuse", "extend", "hold", "reveal"},
        Role.AUDITOR: set(),
    }
    assert house.visitor(Role.ADMINISTRATOR).get(f"/requests/{filed.reference}").status == 403


def test_what_is_not_offered_is_refused_with_a_sentence(house: DeskHouse) -> None:
    filed = house.file("access")
    officer = house.visitor(Role.OFFICER)
    seen = officer.get(f"/requests/{filed.reference}")
    fields = {"form_token": seen.token, "client_id": "client-id-1"}
    refused = officer.post(f"/requests/{filed.reference}/extend", {**fields, "reason": "complex"})
    assert refused.status == 409
    assert (
        refused.alert
        == "One of the laws in scope gives no longer time for this, so the date stays."
    )
    auditor = house.visitor(Role.AUDITOR)
    token = auditor.get("/requests").token
    told = auditor.post(
        f"/requests/{filed.reference}/hold",
        {"form_token": token, "client_id": "client-id-2", "note": "x"},
    )
    assert told.status == 403
    assert "Your role does not include this" in told.alert
    forged = officer.post(f"/requests/{filed.reference}/refuse", {**fields, "form_token": "0" * 32})
    assert forged.status == 403


def test_a_refusal_goes_through_two_hands(house: DeskHouse) -> None:
    filed = house.file("delete")
    first, second = house.visitor(Role.OFFICER, "kim"), house.visitor(Role.OFFICER, "lee")
    page = first.get(f"/requests/{filed.reference}")
    proposed = first.press(page, "/refuse", reason="legal_claims", note="There is a case in court.")
    assert "Kim proposes to refuse it" in proposed.text
    assert not proposed.offers("approve")
    assert proposed.offers("withdraw")
    decided = second.press(second.get(f"/requests/{filed.reference}"), "/approve")
    assert decided.status == 200
    assert "Declined" in decided.text
    assert "Refusal" in decided.text
    assert house.row(filed)["state"] == State.DECLINED
    [letter] = house.letters("request_refused")
    assert "GDPR Art. 17(3)(e)" in letter.text


def test_a_date_is_moved(house: DeskHouse) -> None:
    filed = house.file("delete")
    officer = house.visitor(Role.OFFICER)
    page = officer.get(f"/requests/{filed.reference}")
    assert "done by 19 Feb 2027" in page.text
    moved = officer.press(page, "/extend", reason="complex")
    assert "The date was moved: It is complex" in moved.text
    assert not moved.offers("extend")


def test_a_task_is_read_by_whoever_has_it_and_done_with_evidence(house: DeskHouse) -> None:
    filed = house.file("access")
    path = house.ask(filed, "look_by_hand", f"Look for {JANE} in box 7.")
    agent, other = house.visitor(Role.AGENT, "sam"), house.visitor(Role.AGENT, "max")
    assert path in agent.get("/requests/tasks").links("/requests/tasks/[0-9a-f-]+")
    before = agent.get(path)
    assert "Take it to read it" in before.text
    mine = agent.press(before, "/take")
    assert "What is to be done" in mine.text
    assert JANE not in mine.response.text
    shown = agent.press(mine, "/reveal", why="to_answer")
    assert JANE in shown.response.text
    late = other.post(f"{path}/take", {"form_token": other.get(path).token})
    assert late.status == 409
    assert late.alert == "Sam took this task a moment before you."
    done = agent.press(
        agent.get(path),
        "/finish",
        files={"files": ("..\\scan of jane.txt", b"found in box 7", "text/plain")},
        answer="One sheet in box 7.",
    )
    assert done.status == 200
    with house.vera.database.read() as tx:
        row = tx.execute(select(task).where(task.c.id == path.rsplit("/", 1)[1])).mappings().one()
        assert tx.execute(select(func.count()).select_from(task_file)).scalar_one() == 1
    assert (row["state"], row["done_by"]) == ("done", agent.who.actor)


def test_files_that_are_too_large_are_told_and_the_task_stays(house: DeskHouse) -> None:
    path = house.ask(house.file("access"), "look_by_hand", "Look in box 7.")
    agent = house.visitor(Role.AGENT)
    mine = agent.press(agent.get(path), "/take")
    large = {"files": ("scan.pdf", bytes(MOST_BYTES + 1), "application/pdf")}
    told = agent.press(mine, "/finish", files=large, answer="Here.")
    assert told.status == 413
    assert told.alert == "One of the files is too large. 20 MB together are the most."
    assert agent.get(path).offers("finish")


def test_a_value_is_revealed_for_a_reason_and_only_to_whoever_asked(house: DeskHouse) -> None:
    filed = house.file("correct", field="street", value="12 Sample Lane")
    officer, other = house.visitor(Role.OFFICER, "kim"), house.visitor(Role.OFFICER, "lee")
    path = f"/requests/{filed.reference}"
    page = officer.get(path)
    assert "12 Sample Lane" not in page.response.text
    form = next(one for one in page.forms if one.fields.get("name") == "detail:value")
    shown = officer.post(form.action, {**form.fields, "why": "to_check_identity"})
    assert "12 Sample Lane" in shown.text
    assert "12 Sample Lane" not in other.get(path).response.text
    assert officer.post(form.action, {**form.fields, "why": "curious"}).status == 400
    assert str(house.audit(filed)[-1]) == "data.revealed"
    house.later(minutes=16)
    fresh = house.visitor(Role.OFFICER, "kay").get(path)
    assert "12 Sample Lane" not in fresh.response.text


def test_a_hold_is_placed_seen_and_lifted(house: DeskHouse) -> None:
    filed = house.file("delete")
    officer = house.visitor(Role.OFFICER)
    path = f"/requests/{filed.reference}"
    held = officer.press(officer.get(path), "/hold", note="Case 12 at the district court")
    assert "legal hold" in held.text
    assert "Case 12 at the district court" in held.text
    assert "Case 12" not in house.visitor(Role.AUDITOR).get(path).text
    house.later(days=house.vera.policy.deletion.undo_days)
    assert house.work() == ["for_person"]
    officer = house.visitor(Role.OFFICER, "lee")
    lifted = officer.press(officer.get(path), "/lift")
    assert "None is in force" in lifted.text


def test_what_leaves_is_read_by_an_officer_text_by_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_messages(tmp_path / "house", monkeypatch)
    house = DeskHouse(tmp_path / "house", FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)))
    filed = house.file("export")
    assert house.work() == ["for_person"]
    agent, officer = house.visitor(Role.AGENT), house.visitor(Role.OFFICER)
    [path] = set(officer.get("/requests/tasks").links("/requests/tasks/[0-9a-f-]+"))
    assert "A privacy officer reads these texts" in agent.press(agent.get(path), "/take").text
    agent.press(agent.get(path), "/release")
    page = officer.press(officer.get(path), "/take")
    form = next(one for one in page.forms if one.action.endswith("/review"))
    every = form.choices["cut"]
    sent = {"form_token": page.token, "seen": every, "cut": every[:1]}
    told = officer.post(form.action, sent, files={"none": ("", b"", "text/plain")})
    assert told.status == 200
    assert house.work() == ["done"]
    assert officer.get(f"/requests/{filed.reference}").text.count("Done") >= 1
    house.vera.database.close()


def test_figures_as_pages_and_as_a_file(house: DeskHouse) -> None:
    house.done("access")
    house.file("delete")
    for role in Role:
        visitor = house.visitor(role)
        page = visitor.get("/figures?months=3")
        assert page.status == 200
        assert 'role="img"' in page.response.text
        assert "Requests by month and kind" in page.text
    answer = visitor.client.get("/figures.csv?months=3")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert {(row["kind"], row["received"], row["done_in_whole"]) for row in rows} >= {
        ("all", "2", "1"),
        ("delete", "1", "0"),
    }
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_pages_stay_pages_behind_a_position(house: DeskHouse) -> None:
    agent = house.visitor(Role.AGENT)
    assert agent.get("/requests?after=nonsense").status == 200
    assert agent.get("/requests?view=nonsense").status == 200
    assert agent.get("/requests/PR-XXXX-XXXX").status == 404
    assert agent.get("/requests/tasks/nothing").status == 404
    with house.vera.database.read() as tx:
        assert tx.execute(select(func.count()).select_from(request)).scalar_one() == 0

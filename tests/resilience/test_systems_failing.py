"""Every system fails at every kind of call it gets, before it, in the middle of it and after it; then it is back.
The customer is told that it waits, nothing is half done, and in the end all is as if nothing had happened.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from privacy.store.tables.fulfilment import progress, task
from tests.resilience.crash.findings import differences
from tests.resilience.crash.wishes import WISHES, Wish
from tests.resilience.failing_systems import (
    READS,
    STREAMS,
    Call,
    Company,
    How,
    Trouble,
    filed,
    furnish,
)

HOURS = timedelta(hours=1)
# Who looks at the summary does not need to wait for the secrets that texts are cleaned of: longer texts wait instead.
DONE_WITHOUT = {("see", Call("shop", "rows", 1))}
BY_NAME = {wish.name: wish for wish in WISHES}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failing") / "template"
    furnish(folder)
    return folder


@pytest.fixture
def company(template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Company]:
    """The company in which the wish of the test is filed."""
    wish: Wish = request.param
    company = Company(filed(template, tmp_path / "data", wish), wish)
    yield company
    company.close()


def every_right(*names: str) -> pytest.MarkDecorator:
    wishes = [BY_NAME[name] for name in names] or list(WISHES)
    return pytest.mark.parametrize("company", wishes, ids=lambda wish: wish.name, indirect=True)


@every_right()
def test_a_call_that_fails_is_told_and_made_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = company.company_now()
    trouble = Trouble()
    trouble.put_on(company.vera, monkeypatch)
    with company.undone():
        assert company.work_on() == ["done"]
        undisturbed = company.findings()
    wrong = []
    for call, how in calls_to_fail(trouble):
        trouble.strike(call, how)
        with company.undone():
            if (company.wish.name, call) in DONE_WITHOUT:
                assert company.work() == ["done"]
                said = differences(undisturbed, company.findings())
            else:
                said = told_of_one_failure(company, call.system, begun, undisturbed)
            wrong += [f"{call}, {how}: {one}" for one in said]
            assert trouble.struck == 1, f"{call}, {how}: never came to it"
    assert not wrong, "\n".join(wrong)


def calls_to_fail(trouble: Trouble) -> list[tuple[Call, How]]:
    """Each kind of call of each system. A read that fails has no middle and no after; what is written is written with
    the first call, and the last one asks whether it holds."""
    found: list[tuple[Call, How]] = []
    for (system, verb), count in trouble.calls.items():
        first, last = Call(system, verb, 1), Call(system, verb, count)
        if verb in READS:
            found.append((last, "before"))
        elif verb in STREAMS:
            found.append((last, "within"))
        else:
            found += [(first, "before"), (first, "within"), (first, "after")]
            found += [(last, "after")] if count > 1 else []
    return found


def told_of_one_failure(
    company: Company, system: str, begun: dict[str, object], undisturbed: dict[str, object]
) -> list[str]:
    """What is wrong in the course of one failure."""
    wrong = []
    ended = company.work()
    if ended != ["down"]:
        wrong.append(f"the first run ended as {ended}")
    if company.news() != ["waiting:1"]:
        wrong.append(f"told meanwhile: {company.news()}")
    if states(company).get(system) != "down":
        wrong.append(f"progress meanwhile: {states(company)}")
    now = company.company_now()
    for name in [name for name in now if name.startswith("rows of")]:
        if now[name] not in (begun[name], undisturbed[name]):
            wrong.append(f"{name}: half done")
    ended = company.work_on()
    if ended != ["done"]:
        wrong.append(f"the second run ended as {ended}")
    return wrong + differences(undisturbed, company.findings())


@every_right("delete", "correct the address of mail", "object")
def test_a_system_that_stays_away_becomes_a_task_and_is_told_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble()
    trouble.put_on(company.vera, monkeypatch)
    with company.undone():
        company.work_on()
        undisturbed = company.findings()
    trouble.away = {"newsletter"}
    ended = company.pass_time(26 * HOURS)
    assert set(ended) == {"down"}
    assert 24 <= len(ended) < 48, "pauses grow to an hour, and no longer"
    assert company.news() == ["waiting:1"]
    assert tasks(company) == [("system_down", "newsletter", "open")]
    assert states(company)["newsletter"] == "down"
    trouble.away = set()
    assert company.pass_time(HOURS) == ["done"]
    assert tasks(company) == [("system_down", "newsletter", "done")]
    found = company.findings()
    rows = [name for name in found if name.startswith(("rows of", "effects"))]
    assert [one for one in differences(undisturbed, found) if one.startswith(tuple(rows))] == []
    assert found["requests"] == undisturbed["requests"]
    assert found["progress"] == undisturbed["progress"]


@every_right("delete", "download", "correct the address of mail", "restrict", "see")
def test_all_systems_are_away_together_and_come_back_one_by_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = Trouble()
    trouble.put_on(company.vera, monkeypatch)
    with company.undone():
        company.work_on()
        undisturbed = company.findings()
    for away in ({"shop", "support", "newsletter"}, {"shop", "newsletter"}, {"shop"}):
        trouble.away = away
        assert set(company.pass_time(HOURS)) == {"down"}
        rows = company.company_now()["rows of shop"]
        assert rows != undisturbed["rows of shop"] or company.wish.name in ("see", "download")
    trouble.away = set()
    assert company.pass_time(HOURS) == ["done"]
    assert company.news() == ["waiting:1", "done"]
    later = ("said", "letters")  # until when a package can be had
    wrong = differences(undisturbed, company.findings())
    assert [one for one in wrong if not one.startswith(later)] == []


def states(company: Company) -> dict[str, str]:
    with company.vera.database.read() as tx:
        return {row.system: row.state for row in tx.execute(select(progress))}


def tasks(company: Company) -> list[tuple[str, str, str]]:
    with company.vera.database.read() as tx:
        return [(row.kind, row.system, row.state) for row in tx.execute(select(task))]

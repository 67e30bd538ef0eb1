"""Whom the company's sign-in lets in: one account for each subject, with the role of today."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from privacy.agents.accounts import SETUP_WITHIN
from privacy.agents.admission import Admission
from privacy.agents.errors import (
    LoginTaken,
    NoRole,
    ProviderFailed,
    SetupFailed,
    SignInFailed,
)
from privacy.agents.provider.provider import Arrival
from privacy.agents.roles import Role
from privacy.store.tables.agents import agent
from tests.privacy.agents.agents_world import KIM, PASSWORD, World

ISSUER = "https://login.alder.example"
ARRIVAL = Arrival("7f3a", ISSUER, "Kim@Alder.example", " Kim  Lee ", frozenset({"support", "all"}))
ROLES = {"privacy-team": Role.OFFICER, "support": Role.AGENT}


@pytest.fixture
def admission(world: World) -> Admission:
    return Admission(world.database, world.keyring, world.clock, ROLES)


def test_who_comes_first_has_an_account_from_then_on(world: World, admission: Admission) -> None:
    who = admission.admit(ARRIVAL)
    assert (who.login, who.name, who.role, who.state) == (KIM, "Kim Lee", Role.AGENT, "active")
    assert admission.admit(ARRIVAL) == who == world.accounts.find(KIM)
    assert world.acts() == ["agent.added"]
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, "", "")


def test_names_follow_the_company_and_logins_stay(world: World, admission: Admission) -> None:
    who = admission.admit(ARRIVAL)
    married = replace(ARRIVAL, login="kim.moor@alder.example", name="Kim Moor")
    assert admission.admit(married) == replace(who, name="Kim Moor")


def test_the_company_s_id_is_not_kept_as_it_is(world: World, admission: Admission) -> None:
    admission.admit(replace(ARRIVAL, subject="staff-number-4711"))
    with world.database.read() as tx:
        assert "4711" not in str(tx.execute(select(agent)).one())


def test_another_subject_is_somebody_else_whatever_they_are_called(
    world: World, admission: Admission
) -> None:
    admission.admit(ARRIVAL)
    for another in (
        replace(ARRIVAL, subject="8b21"),
        replace(ARRIVAL, subject="7F3A"),
        replace(ARRIVAL, issuer="https://another.example"),
    ):
        with pytest.raises(LoginTaken):
            admission.admit(another)
    assert admission.admit(replace(ARRIVAL, subject="8b21", login="lou")).login == "lou"


def test_nobody_takes_an_account_with_a_password_over(world: World, admission: Admission) -> None:
    world.add()
    with pytest.raises(LoginTaken):
        admission.admit(ARRIVAL)
    assert world.accounts.check(KIM, PASSWORD, world.code())


def test_an_account_that_was_opened_for_them_becomes_theirs(
    world: World, admission: Admission
) -> None:
    before = world.add(role=Role.OFFICER)
    key = world.accounts.reset(KIM)
    who = admission.admit(ARRIVAL)
    assert (who.id, who.role, who.state) == (before.id, Role.AGENT, "active")
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup(KIM, key)


def test_an_account_is_open_for_a_day(world: World, admission: Admission) -> None:
    world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    world.clock.move(SETUP_WITHIN)
    with pytest.raises(LoginTaken):
        admission.admit(ARRIVAL)


def test_who_was_reset_comes_back_through_the_company(world: World, admission: Admission) -> None:
    who = admission.admit(ARRIVAL)
    world.accounts.reset(KIM)
    world.clock.move(SETUP_WITHIN + timedelta(days=1))
    assert admission.admit(ARRIVAL) == who


def test_who_is_disabled_stays_out_until_an_administrator_says_otherwise(
    world: World, admission: Admission
) -> None:
    who = admission.admit(ARRIVAL)
    token = world.sessions.open(who, "provider")
    world.accounts.disable(KIM)
    assert world.sessions.enter(token) is None
    with pytest.raises(NoRole):
        admission.admit(ARRIVAL)
    assert world.accounts.find(KIM).state == "disabled"
    world.accounts.reset(KIM)
    assert admission.admit(ARRIVAL) == who


def test_who_has_no_role_is_nobody_here(world: World, admission: Admission) -> None:
    for groups in ((), ("all",), ("Support",), ("officer",)):
        with pytest.raises(NoRole):
            admission.admit(replace(ARRIVAL, groups=frozenset(groups)))
    assert world.accounts.everybody() == []


def test_who_lost_the_role_is_out_at_the_next_try(world: World, admission: Admission) -> None:
    token = world.sessions.open(admission.admit(ARRIVAL), "provider")
    with pytest.raises(NoRole):
        admission.admit(replace(ARRIVAL, groups=frozenset()))
    assert world.sessions.enter(token) is None


def test_another_role_ends_old_sessions_and_the_same_one_does_not(
    world: World, admission: Admission
) -> None:
    token = world.sessions.open(admission.admit(ARRIVAL), "provider")
    admission.admit(ARRIVAL)
    assert world.sessions.enter(token)
    who = admission.admit(replace(ARRIVAL, groups=frozenset({"support", "privacy-team"})))
    assert who.role is Role.OFFICER
    assert world.sessions.enter(token) is None
    assert world.acts() == ["agent.added", "agent.signed_in", "agent.changed"]


@pytest.mark.parametrize("name", ["", "\x00", "K" * 500, "\u202emiK"])
def test_a_name_that_cannot_be_shown(world: World, admission: Admission, name: str) -> None:
    shown = admission.admit(replace(ARRIVAL, name=name)).name
    assert shown == (KIM if len(name) < 80 else "K" * 80)


@pytest.mark.parametrize("login", ["", "a b", "a\x00", "x" * 201])
def test_a_login_that_cannot_be(world: World, admission: Admission, login: str) -> None:
    with pytest.raises(ProviderFailed):
        admission.admit(replace(ARRIVAL, login=login))
    assert world.accounts.everybody() == []

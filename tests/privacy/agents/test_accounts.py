"""Accounts: invited, set up once, used with password and code, locked for a while, begun anew, let in no more."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from privacy.agents import passwords
from privacy.agents.accounts import SETUP_WITHIN
from privacy.agents.errors import (
    AgentExists,
    AgentUnknown,
    CodeWrong,
    PasswordWeak,
    SetupFailed,
    SignInFailed,
    SignInLater,
)
from privacy.agents.roles import Role
from privacy.agents.tries import FREE, LOCKED_FOR
from privacy.store.tables.agents import agent, sign_in_try
from tests.privacy.agents.agents_world import KIM, PASSWORD, STEP, World

SECOND = timedelta(seconds=1)


def fail(world: World, login: str = KIM, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            world.accounts.check(login, "another password", world.code() if login == KIM else "1")


# ---- Set-up ----------------------------------------------------------------------------------------------


def test_somebody_is_invited_sets_up_and_signs_in(world: World) -> None:
    key = world.accounts.add("  Kim@Alder.example ", " Kim   Lee ", Role.OFFICER)
    [invited] = world.accounts.everybody()
    assert (invited.login, invited.name, invited.role, invited.state) == (KIM, "Kim Lee", Role.OFFICER, "invited")  # fmt: skip
    assert world.set_up(KIM, key).state == "active"
    signed_in = world.accounts.check(" KIM@alder.EXAMPLE", PASSWORD, world.code())
    assert signed_in == world.accounts.find(KIM)
    assert world.acts() == ["agent.added", "agent.set_up"]


def test_a_set_up_key_is_long_unmistakable_and_typed_anyhow(world: World) -> None:
    keys = {world.accounts.add(f"a{number}", "Kim", Role.AGENT) for number in range(20)}
    assert len(keys) == 20
    for key in keys:
        assert [len(group) for group in key.split("-")] == [5] * 5
        assert not set(key) & set("ILO01")
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    assert world.accounts.begin_setup(KIM.upper(), f" {key.lower().replace('-', ' ')} ")


def test_nothing_secret_is_stored_as_it_is(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    secret = world.accounts.begin_setup(KIM, key).secret
    with world.database.read() as tx:
        before = str(tx.execute(select(agent)).one())
    world.set_up(KIM, key)
    with world.database.read() as tx:
        row = str(tx.execute(select(agent)).one())
    for kept in (before, row):
        assert not [part for part in (key, key.replace("-", ""), secret, PASSWORD) if part in kept]


def test_the_secret_stays_the_same_while_somebody_sets_up(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    first, again = (world.accounts.begin_setup(KIM, key) for _ in range(2))
    assert first.secret == again.secret
    assert first.secret not in repr(first)
    with pytest.raises(CodeWrong):
        world.accounts.finish_setup(KIM, key, PASSWORD, world.wrong(world.code_of(first.secret)))
    with pytest.raises(PasswordWeak):
        world.accounts.finish_setup(KIM, key, "short", world.code_of(first.secret))
    assert world.accounts.finish_setup(KIM, key, PASSWORD, world.code_of(first.secret))


def test_a_code_before_the_secret_was_shown_fits_nothing(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    with pytest.raises(CodeWrong):
        world.accounts.finish_setup(KIM, key, PASSWORD, "000000")


def test_a_set_up_key_works_once(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    world.set_up(KIM, key)
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup(KIM, key)
    with pytest.raises(SetupFailed):
        world.accounts.finish_setup(KIM, key, "quite another password", world.code())
    assert world.accounts.check(KIM, PASSWORD, world.code())


def test_a_set_up_key_works_for_a_day(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    world.clock.move(SETUP_WITHIN - SECOND)
    secret = world.accounts.begin_setup(KIM, key).secret
    world.clock.move(SECOND)
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup(KIM, key)
    with pytest.raises(SetupFailed):
        world.accounts.finish_setup(KIM, key, PASSWORD, world.code_of(secret))


def test_a_set_up_key_is_for_its_own_login(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    world.accounts.add("lou", "Lou", Role.OFFICER)
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup("lou", key)
    for unknown in ("", "nobody", "\x00", "a b"):
        with pytest.raises(SetupFailed):
            world.accounts.begin_setup(unknown, key)
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup(KIM, "")


def test_no_two_have_one_login(world: World) -> None:
    world.add()
    with pytest.raises(AgentExists):
        world.accounts.add(KIM.upper(), "Another", Role.AUDITOR)
    assert [one.name for one in world.accounts.everybody()] == ["Kim Lee"]


@pytest.mark.parametrize(
    ("login", "name"),
    [("", "Kim"), (" ", "Kim"), ("a b", "Kim"), ("a\x00", "Kim"), ("a\u200bb", "Kim"), ("x" * 201, "Kim"),
     ("kim", ""), ("kim", " \n"), ("kim", "K\x07m"), ("kim", "K" * 81), ("kim", "\u202emiK")],
)  # fmt: skip
def test_what_can_be_no_login_or_name(world: World, login: str, name: str) -> None:
    with pytest.raises(ValueError, match="login|name"):
        world.accounts.add(login, name, Role.AGENT)
    assert world.accounts.everybody() == []


# ---- Signing in ------------------------------------------------------------------------------------------


def test_all_of_name_password_and_code_are_asked_for(world: World) -> None:
    world.add()
    for login, password, code in (
        ("nobody", PASSWORD, world.code()),
        (KIM, PASSWORD + "!", world.code()),
        (KIM, PASSWORD, world.wrong(world.code())),
        (KIM, "", ""),
    ):
        with pytest.raises(SignInFailed):
            world.accounts.check(login, password, code)
    assert world.accounts.check(KIM, PASSWORD, world.code())


def test_one_code_signs_in_once(world: World) -> None:
    world.add()
    code = world.code()
    assert world.accounts.check(KIM, PASSWORD, code)
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, PASSWORD, code)
    with pytest.raises(SignInFailed):  # nor one that is older than it
        world.accounts.check(KIM, PASSWORD, world.code(steps=-1))
    world.clock.move(STEP)
    assert world.accounts.check(KIM, PASSWORD, world.code())


def test_the_code_of_the_set_up_does_not_sign_in(world: World) -> None:
    key = world.accounts.add(KIM, "Kim Lee", Role.AGENT)
    code = world.code_of(world.accounts.begin_setup(KIM, key).secret)
    world.accounts.finish_setup(KIM, key, PASSWORD, code)
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, PASSWORD, code)


def test_five_failures_lock_a_name_for_a_quarter_of_an_hour(world: World) -> None:
    world.add()
    fail(world, times=FREE)
    with pytest.raises(SignInLater):
        world.accounts.check(KIM, PASSWORD, world.code())
    world.clock.move(LOCKED_FOR - SECOND)
    with pytest.raises(SignInLater):
        world.accounts.check(KIM, PASSWORD, world.code())
    world.clock.move(SECOND)
    assert world.accounts.check(KIM, PASSWORD, world.code())
    fail(world, times=FREE - 1)  # it counts from the beginning again
    world.clock.move(STEP)
    assert world.accounts.check(KIM, PASSWORD, world.code())


def test_who_goes_on_failing_is_locked_again_after_five_more(world: World) -> None:
    world.add()
    for _ in range(3):
        fail(world, times=FREE)
        with pytest.raises(SignInLater):
            world.accounts.check(KIM, PASSWORD, world.code())
        world.clock.move(LOCKED_FOR)


def test_a_wrong_code_counts_as_a_wrong_password_does(world: World) -> None:
    world.add()
    for _ in range(FREE):
        with pytest.raises(SignInFailed):
            world.accounts.check(KIM, PASSWORD, world.wrong(world.code()))
    with pytest.raises(SignInLater):
        world.accounts.check(KIM, PASSWORD, world.code())


def test_a_name_that_nobody_has_answers_alike(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers in the same order, and a password is compared for each of them."""
    world.add()
    world.accounts.add("invited", "Lou", Role.AGENT)
    world.add("gone")
    world.accounts.disable("gone")
    compared: list[str] = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:
        compared.append("one")
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    for login in (KIM, "nobody", "invited", "gone", "no\x00body"):
        compared.clear()
        told = []
        for _ in range(FREE + 2):
            try:
                world.accounts.check(login, "another password", "123456")
            except (SignInFailed, SignInLater) as problem:
                told.append(type(problem))
        assert told == [SignInFailed] * FREE + [SignInLater] * 2, login
        assert len(compared) == FREE, login


def test_what_was_typed_as_a_name_is_not_kept(world: World) -> None:
    fail(world, "typed.my.password.here")
    with world.database.read() as tx:
        assert "typed" not in str(tx.execute(select(sign_in_try)).all())
    world.clock.move(timedelta(days=1))
    assert world.accounts.tidy_up() == 0
    world.clock.move(SECOND)
    assert world.accounts.tidy_up() == 1


def test_a_password_is_hashed_anew_where_the_parameters_grew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", stronger)
    world.sign_in()
    with world.database.read() as tx:
        stored = tx.execute(select(agent.c.password)).scalar_one()
    assert not stronger.check_needs_rehash(stored)
    assert world.sign_in()


# ---- What an administrator changes -----------------------------------------------------------------------


def test_who_is_reset_begins_anew(world: World) -> None:
    world.add()
    fail(world, times=FREE)
    key = world.accounts.reset(KIM)
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, PASSWORD, world.code())
    world.set_up(KIM, key, "quite another password")
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, PASSWORD, world.code())
    assert world.accounts.check(KIM, "quite another password", world.code())


def test_a_second_reset_ends_the_first_key(world: World) -> None:
    world.add()
    first, second = (world.accounts.reset(KIM) for _ in range(2))
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup(KIM, first)
    assert world.accounts.begin_setup(KIM, second)


def test_who_is_disabled_has_no_way_in_and_no_secrets_left(world: World) -> None:
    world.add()
    world.accounts.disable(KIM)
    with pytest.raises(SignInFailed):
        world.accounts.check(KIM, PASSWORD, world.code())
    with world.database.read() as tx:
        row = tx.execute(select(agent)).one()
    assert (row.password, row.sealed_totp, row.setup) == (None, None, None)
    key = world.accounts.add("lou", "Lou", Role.AGENT)
    world.accounts.disable("lou")
    with pytest.raises(SetupFailed):
        world.accounts.begin_setup("lou", key)


def test_another_role_and_what_is_written_down(world: World) -> None:
    world.add()
    world.accounts.change_role(KIM, Role.OFFICER)
    assert world.accounts.find(KIM).role is Role.OFFICER
    world.accounts.reset(KIM)
    world.accounts.disable(KIM)
    assert world.acts() == ["agent.added", "agent.set_up", "agent.changed", "agent.reset", "agent.disabled"]  # fmt: skip


def test_nobody_is_changed_by_an_unknown_login(world: World) -> None:
    world.add()
    for login in ("nobody", "", "a\x00b"):
        for act in (world.accounts.reset, world.accounts.disable, world.accounts.find):
            with pytest.raises(AgentUnknown):
                act(login)
        with pytest.raises(AgentUnknown):
            world.accounts.change_role(login, Role.OFFICER)
    assert world.accounts.check(KIM, PASSWORD, world.code()).role is Role.AGENT

"""Who holds a conversation, and how long somebody waits: rules, on one thread and a clock that stands still."""

import pytest

from privacy.agents.roles import Role
from privacy.errors import NotPossibleNow
from privacy.handoff.hand_overs import NotYours, TakenAlready
from tests.privacy.handoff.hand_over_world import ANNA, BEN, World


def test_it_goes_from_the_bot_to_the_queue_to_an_agent_and_back(world: World) -> None:
    assert world.of("web:1") is None
    assert world.asks("web:1", "complaint").holder == "queue"
    assert (world.claims("web:1", ANNA).holder, world.now("web:1").agent_name) == ("agent", "Anna")
    with world.database.write() as tx:
        assert world.hand_overs.end(tx, "web:1", "handed_back", f"agent:{ANNA}")
        assert world.hand_overs.holder(tx, "web:1") == "bot"
        assert not world.hand_overs.end(tx, "web:1", "handed_back", f"agent:{ANNA}")
        assert world.audited(tx) == [
            "conversation.queued", "conversation.taken", "conversation.returned",
        ]  # fmt: skip
    assert world.asks("web:1").holder == "queue", "and again"


def test_who_asks_twice_keeps_the_place(world: World) -> None:
    world.asks("web:1")
    world.pass_by(minutes=1)
    world.asks("web:2")
    world.pass_by(minutes=1)
    again = world.asks("web:1")
    assert (world.wait("web:1")[0], world.wait("web:2")[0]) == (0, 1)
    assert again.waiting_since == again.asked_at


def test_a_graver_reason_takes_the_place_of_a_lighter_one(world: World) -> None:
    world.asks("web:1", "misunderstood")
    assert world.asks("web:1", "distress").reason == "distress"
    assert world.asks("web:1", "complaint").reason == "distress"


def test_of_two_agents_the_second_is_told_who_was_first(world: World) -> None:
    world.asks("web:1")
    world.claims("web:1", ANNA)
    with pytest.raises(TakenAlready) as told:
        world.claims("web:1", BEN)
    assert told.value.by == "Anna"
    assert world.claims("web:1", ANNA).agent == ANNA, "one's own is taken already"


def test_nothing_can_be_taken_that_waits_for_nobody(world: World) -> None:
    with pytest.raises(NotPossibleNow):
        world.claims("web:1", ANNA)


def test_a_wait_counts_those_who_wait_and_asked_before(world: World) -> None:
    for name in ("web:1", "web:2", "web:3"):
        world.asks(name)
        world.pass_by(seconds=1)
    assert [world.wait(name)[0] for name in ("web:1", "web:2", "web:3")] == [0, 1, 2]
    world.claims("web:1", ANNA)
    assert world.wait("web:3")[0] == 1
    with world.database.write() as tx:
        world.hand_overs.take_back(tx, "web:2")
    assert world.wait("web:3")[0] == 0


def test_messages_that_were_left_are_not_in_the_way_of_those_who_wait(world: World) -> None:
    world.asks("web:1", left_for="sam@example.com")
    world.pass_by(seconds=1)
    world.asks("web:2")
    assert world.wait("web:2") == (0, None)


def test_nothing_is_said_of_minutes_before_five_waited_lately(world: World) -> None:
    names = [f"web:1{number}" for number in range(5)]
    world.opened(*names)
    world.asks("web:1")
    for minutes, name in zip((2, 9, 4, 30, 3), names, strict=True):
        assert world.wait("web:1")[1] is None
        world.asks(name)
        world.pass_by(minutes=minutes)
        world.claims(name, ANNA)
    assert world.wait("web:1")[1] == 4, "half of them waited so long or longer"
    world.pass_by(hours=2)
    assert world.wait("web:1")[1] is None, "that is long ago"


def test_a_wait_is_counted_to_the_first_agent_and_is_a_minute_at_least(world: World) -> None:
    names = [f"web:1{number}" for number in range(5)]
    world.opened(*names)
    for name in names:
        world.asks(name)
        world.pass_by(seconds=5)
        world.claims(name, ANNA)
        world.pass_by(minutes=5)
        with world.database.write() as tx:
            world.hand_overs.assign(tx, name, BEN, ANNA)
    world.asks("web:1")
    assert world.wait("web:1")[1] == 1


def test_what_was_put_off_comes_back_when_the_customer_writes(world: World) -> None:
    world.asks("web:1")
    world.claims("web:1", ANNA)
    world.answers("web:1", ANNA)
    until = world.clock.now().replace(hour=23)
    with world.database.write() as tx:
        world.hand_overs.snooze(tx, "web:1", ANNA, until)
    assert (world.now("web:1").snoozed_until, world.now("web:1").waiting_since) == (until, None)
    world.pass_by(minutes=3)
    world.writes("web:1")
    assert world.now("web:1").snoozed_until is None
    assert world.now("web:1").waiting_since == world.clock.now()


def test_the_customer_waits_from_the_first_message_without_an_answer(world: World) -> None:
    world.asks("web:1")
    world.claims("web:1", ANNA)
    world.answers("web:1", ANNA)
    world.writes("web:1")
    since = world.clock.now()
    world.pass_by(minutes=2)
    world.writes("web:1")
    assert world.now("web:1").waiting_since == since


def test_an_agent_who_does_nothing_while_the_customer_waits_loses_it(world: World) -> None:
    world.asks("web:1")
    world.pass_by(hours=1)
    world.claims("web:1", ANNA)
    assert world.idle_ones(minutes=10) == [], "they have just taken it"
    world.pass_by(minutes=11)
    before = world.now("web:1").asked_at
    assert world.idle_ones(minutes=10) == ["web:1"]
    assert (world.now("web:1").holder, world.now("web:1").asked_at) == ("queue", before)
    assert world.idle_ones(minutes=10) == []
    with pytest.raises(NotYours):
        world.answers("web:1", ANNA)


def test_nobody_is_idle_who_answered_works_on_it_or_put_it_off(world: World) -> None:
    for name in ("web:1", "web:2", "web:3"):
        world.asks(name)
        world.claims(name, ANNA)
    world.answers("web:1", ANNA)
    with world.database.write() as tx:
        world.hand_overs.snooze(tx, "web:3", ANNA, world.clock.now().replace(hour=20))
    world.pass_by(minutes=11)
    with world.database.write() as tx:
        world.hand_overs.agent_is_there(tx, "web:2", ANNA)
    assert world.idle_ones(minutes=10) == []
    world.pass_by(hours=10)
    world.answers("web:2", ANNA)
    assert world.idle_ones(minutes=10) == ["web:3"], "its time came, and nobody looked"


def test_who_is_let_in_no_more_holds_nothing(world: World) -> None:
    world.asks("web:1")
    world.claims("web:1", ANNA)
    world.answers("web:1", ANNA)
    world.disable(ANNA)
    [back] = (world.idle_ones(minutes=10),)
    assert back == ["web:1"]


def test_who_begins_anew_or_may_not_answer_any_more_keeps_nothing(world: World) -> None:
    for name, who in (("web:1", ANNA), ("web:2", BEN)):
        world.asks(name)
        world.claims(name, who)
        world.answers(name, who)
    world.make(ANNA, Role.OFFICER)
    assert world.idle_ones(minutes=10) == [], "an officer answers too"
    world.make(ANNA, Role.AUDITOR)
    assert world.idle_ones(minutes=10) == ["web:1"]
    world.begin_anew(BEN)
    assert world.idle_ones(minutes=10) == ["web:2"]
    assert [world.now(name).holder for name in ("web:1", "web:2")] == ["queue", "queue"]


def test_it_can_be_given_to_a_colleague_and_back_to_the_queue(world: World) -> None:
    world.asks("web:1")
    with world.database.write() as tx:
        assert world.hand_overs.assign(tx, "web:1", BEN, ANNA).agent_name == "Ben"
        with pytest.raises(NotYours):
            world.hand_overs.own(tx, "web:1", ANNA)
        assert world.hand_overs.own(tx, "web:1", BEN).agent == BEN
        assert world.hand_overs.assign(tx, "web:1", None, BEN).holder == "queue"
        assert world.audited(tx)[1:] == ["conversation.assigned", "conversation.released"]
        with pytest.raises(NotPossibleNow):
            world.hand_overs.assign(tx, "web:2", BEN, ANNA)


def test_a_message_that_was_left_stays_with_the_bot_until_somebody_answers(world: World) -> None:
    left = world.asks("web:1", left_for="sam@example.com")
    assert left.holder == "bot"
    assert left.answer_to is not None
    assert left.answer_to.value == "sam@example.com"
    assert "sam@" not in repr(left)
    assert world.claims("web:1", ANNA).holder == "agent"


def test_who_left_a_message_and_then_waits_waits_from_then_on(world: World) -> None:
    """Not since yesterday: the others were here before, and yesterday is no measure of how long it takes."""
    world.asks("web:1", left_for="sam@example.com")
    world.pass_by(days=1)
    world.asks("web:2")
    world.pass_by(minutes=1)
    waits = world.asks("web:1", "complaint")
    assert (waits.holder, waits.reason, waits.asked_at) == ("queue", "complaint", world.clock.now())
    assert world.wait("web:1")[0] == 1
    assert waits.answer_to is not None, "and the way to answer is still known"


def test_a_second_message_waits_for_an_answer_again(world: World) -> None:
    world.asks("web:1", left_for="sam@example.com")
    world.claims("web:1", ANNA)
    world.answers("web:1", ANNA)
    world.pass_by(hours=1)
    again = world.asks("web:1", left_for="sam@example.org")
    assert again.waiting_since == world.clock.now()
    assert again.answer_to is not None
    assert again.answer_to.value == "sam@example.org"


def test_the_customer_takes_back_only_what_nobody_has_taken(world: World) -> None:
    world.asks("web:1")
    world.claims("web:1", ANNA)
    with world.database.write() as tx:
        assert not world.hand_overs.take_back(tx, "web:1")
    assert world.now("web:1").agent == ANNA

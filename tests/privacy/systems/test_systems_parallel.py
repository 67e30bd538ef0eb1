"""Several systems are asked at once; one that is away keeps no other from answering."""

from collections.abc import Callable
from threading import Barrier

import pytest

from privacy.errors import SystemDown
from privacy.systems.parallel import ask_all
from privacy.systems.port import SystemRefused


def test_all_are_asked_at_the_same_time() -> None:
    together = Barrier(5, timeout=10)

    def ask(name: str) -> Callable[[], str]:
        def asked() -> str:
            together.wait()
            return name

        return asked

    names = [f"s{n}" for n in range(5)]
    answers = ask_all({name: ask(name) for name in names})
    assert answers == {name: name for name in names}
    assert list(answers) == names


def test_one_that_is_away_or_refuses_keeps_no_other_from_answering() -> None:
    def away() -> int:
        raise SystemDown("desk")

    def refuses() -> int:
        raise SystemRefused("news", "readers", "no")

    answers = ask_all({"desk": away, "shop": lambda: 3, "news": refuses})
    assert answers["shop"] == 3
    assert isinstance(answers["desk"], SystemDown) and isinstance(answers["news"], SystemRefused)


def test_a_mistake_of_ours_is_not_hidden() -> None:
    answered: list[str] = []

    def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_all({"wrong": wrong, "shop": lambda: answered.append("shop")})
    assert answered == ["shop"]


def test_more_systems_than_threads_wait_for_each_other() -> None:
    def ask(number: int) -> Callable[[], int]:
        return lambda: number

    answers = ask_all({str(n): ask(n) for n in range(60)}, at_once=3)
    assert list(answers.values()) == list(range(60))
    assert ask_all({}) == {}

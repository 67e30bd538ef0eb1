"""What the bot says and what the code says it says are the same: every wording exists, is used and is given its values."""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml

from actions.registry import STEPS
from privacy import errors
from privacy.conversations.payloads import read_payload
from privacy.errors import Problem
from privacy.fulfilment.values import checked as correction_values
from privacy.policy import load_policy
from privacy.settings import ROOT
from tests.actions.wordings_in_code import calls_that_say, named, news, texts, trees

DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
POLICY = load_policy(ROOT / "privacy" / "policy.yml")
CODES = [
    one.code for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, Problem)
]
ASKED = {
    f"{form}_{slot}" for form, made in DOMAIN["forms"].items() for slot in made["required_slots"]
}

GATED = {kind for kind, level in POLICY.assurance.items() if level > 0} & {
    *POLICY.kinds,
    "status",
    "cancel",
    "delete_now",
}

# Names that the code puts together, and what they can become.
MADE_NAMES: dict[str, set[str]] = {
    "utter_filed_{}": set(POLICY.kinds) - {"delete"},  # said by name: planned, or now
    # With a code (what was proven has run out) or without one.
    "utter_begin_{}": GATED | {"object", "withdraw_consent"},
    "utter_stopped_{}": {"restrict", "object", "withdraw_consent"},
    "utter_value_{}": set(get_args(correction_values.Code.__value__)),
    "utter_code_{}": {"date", "length", "unread"},
    "utter_not_understood_{}": {"1", "2", "3"},
    "utter_problem_{}": set(CODES),
}
WHY = "utter_why_{}_{}"  # said where it exists, see actions/everyday.py

# Wordings that are said by a function of ours, and what it gives them.
SAY_SENT = {"contact", "minutes"}
SAY_FILED = {"reference", "wish", "due", "received"}
SAY_NEWS = {"reference", "kind"}


def _responses() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((ROOT / "data").glob("*/responses.yml")):
        for name, variations in yaml.safe_load(path.read_text(encoding="utf-8"))[
            "responses"
        ].items():
            assert name not in found, f"{name} is written twice"
            found[name] = variations
    return found


RESPONSES = _responses()
TEXTS = {name: variations[0].get("text", "") for name, variations in RESPONSES.items()}


def _expanded() -> set[str]:
    names: set[str] = set()
    for name in named():
        if name == WHY:
            names |= {f"utter_why_{one}" for one in ASKED if f"utter_why_{one}" in RESPONSES}
        elif "{}" in name:
            names |= {name.replace("{}", value) for value in MADE_NAMES[name]}
        else:
            names.add(name)
    return names


def _said_by_rasa() -> set[str]:
    """Wordings that rules name, and those that forms ask with."""
    names = {f"utter_ask_{one}" for one in ASKED if f"action_ask_{one}" not in DOMAIN["actions"]}
    for path in (ROOT / "data").glob("*/rules.yml"):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            names |= {
                s["action"] for s in rule["steps"] if s.get("action", "").startswith("utter_")
            }
    return names


def test_every_name_that_is_put_together_is_known_to_this_test() -> None:
    made = {name for name in named() if "{}" in name}
    assert made == {*MADE_NAMES, WHY}


def test_every_wording_that_is_named_exists() -> None:
    missing = (_expanded() | _said_by_rasa()) - set(RESPONSES)
    assert missing == set()


def test_every_wording_that_exists_is_said_somewhere() -> None:
    assert set(RESPONSES) - _expanded() - _said_by_rasa() == set()


@pytest.mark.parametrize("code", CODES)
def test_every_problem_has_its_own_words(code: str) -> None:
    assert TEXTS[f"utter_problem_{code}"]


def test_codes_of_problems_are_distinct() -> None:
    assert len(CODES) == len(set(CODES))


def test_a_wording_has_one_variation_without_conditions() -> None:
    """The service says the first one where Rasa cannot; both must say the same."""
    assert [n for n, v in RESPONSES.items() if len(v) != 1 or "condition" in v[0]] == []
    assert [n for n, text in TEXTS.items() if not text.strip()] == []


def _given() -> dict[str, list[set[str]]]:
    """For each wording, the values that each call gives it."""
    given: dict[str, list[set[str]]] = defaultdict(list)
    for called, texts_said, values, has_more in calls_that_say():
        if called == "say_sent":
            values = SAY_SENT
        elif has_more:
            values = values | SAY_FILED
        for text in texts_said:
            for name in _made(text):
                given[name].append(values)
    return given


def _made(text: str) -> set[str]:
    """The wordings that a text of the code stands for."""
    made = {text.replace("{}", one) for one in MADE_NAMES.get(text, ())}
    return made or {text} & set(RESPONSES)


def _news() -> dict[str, list[set[str]]]:
    """The same for what is told as news."""
    given: dict[str, list[set[str]]] = defaultdict(list)
    for text, values in news():
        for name in _made(text):
            given[name].append(values | SAY_NEWS)
    return given


def test_every_placeholder_is_given_its_value() -> None:
    given, told = _given(), _news()
    lacking = {}
    for name, text in TEXTS.items():
        wanted = set(re.findall(r"\{(\w+)\}", text))
        if wanted and not given[name] + told[name]:
            lacking[name] = wanted
        for values in given[name] + told[name]:
            if wanted - values:
                lacking[name] = wanted - values
    assert lacking == {}


def test_news_are_found_where_they_are_told() -> None:
    """The control of the test above: each course that ends well has a wording of its own."""
    assert set(_news()) >= {
        *("utter_found", "utter_found_nothing", "utter_package_ready", "utter_corrected"),
        *("utter_deleted", "utter_request_waiting", "utter_person_helps"),
        *(f"utter_stopped_{kind}" for kind in MADE_NAMES["utter_stopped_{}"]),
    }


def test_what_rasa_says_by_itself_needs_no_value() -> None:
    """Rasa would put a slot in, and slots hold placeholders."""
    assert [name for name in _said_by_rasa() if "{" in TEXTS[name]] == []


def test_no_value_is_given_that_no_wording_uses() -> None:
    for name, calls in _given().items():
        for values in calls:
            assert values <= set(re.findall(r"\{(\w+)\}", TEXTS[name])) | SAY_FILED | SAY_SENT | {
                "tries",
                "wish",
            }, name


FORBIDDEN = re.compile(
    r"!|\bplease\b|\bsorry\b|\binvalid\b|\boops\b|\bDSAR\b|\bSAR\b|data subject|\bArt\.|\bArticle\b|\bGDPR\b|\bCCPA\b"
    r"|\bsubmit|\bunfortunately\b|\berror\b|\bfailed to\b|\buser\b|\bASAP\b|\bverif|\bauthenticat|\bOTP\b",
    re.IGNORECASE,
)


READ_AT_WORK = {"message_for_agent", "task_for_person", "recipient_told"}
"""Letters to colleagues and to other companies, which may name the law."""


def _all_words() -> Iterator[tuple[str, str]]:
    for name, variations in RESPONSES.items():
        for variation in variations:
            yield name, variation.get("text", "")
            for button in variation.get("buttons", ()):
                yield f"{name} (button)", button["title"]
    for path in sorted((ROOT / "privacy" / "mail" / "templates").rglob("*.txt")):
        if path.parent.name not in READ_AT_WORK:
            yield (
                str(path.relative_to(ROOT)),
                re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(encoding="utf-8")),
            )


@pytest.mark.parametrize(("where", "words"), list(_all_words()))
def test_no_word_that_blames_begs_or_belongs_to_lawyers(where: str, words: str) -> None:
    found = FORBIDDEN.search(words)
    assert found is None, f"{where}: {found.group() if found else ''!r} in {words!r}"


def test_the_domain_names_the_actions_that_there_are() -> None:
    assert sorted(DOMAIN["actions"]) == sorted(step.called for step in STEPS)
    assert len({step.called for step in STEPS}) == len(STEPS)


def test_every_form_is_checked_and_every_question_can_be_asked() -> None:
    for form, made in DOMAIN["forms"].items():
        # A form of nothing but yes or no needs no check.
        assert f"validate_{form}" in DOMAIN["actions"] or made["required_slots"] == ["confirmed"]
        for slot in made["required_slots"]:
            asks = {f"action_ask_{form}_{slot}"} & set(DOMAIN["actions"])
            assert asks or f"utter_ask_{form}_{slot}" in RESPONSES, (
                f"nobody asks for {slot} of {form}"
            )


def _payloads() -> Iterator[tuple[str, str]]:
    for name, variations in RESPONSES.items():
        for variation in variations:
            for button in variation.get("buttons", ()):
                yield name, button["payload"]
    for path, tree in trees():
        for text in texts(tree) if path.parts[0] == "actions" else ():
            if re.match(r"/[a-z_]+(\{|$)", text) and text != "/webhook":
                yield str(path), text.replace('"{}"', '"x"')


@pytest.mark.parametrize(("where", "payload"), sorted(set(_payloads())))
def test_every_button_means_something(where: str, payload: str) -> None:
    reading = read_payload(payload)
    assert reading.intent in DOMAIN["intents"], f"{payload} of {where}"
    assert set(reading.entities) <= set(DOMAIN["entities"]), f"{payload} of {where}"


def test_every_intent_has_a_rule() -> None:
    answered = {
        step["intent"]
        for path in (ROOT / "data").glob("*/rules.yml")
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
        for step in rule["steps"]
        if "intent" in step
    }
    assert set(DOMAIN["intents"]) <= answered


def test_what_tells_values_of_our_systems_is_marked_as_personal() -> None:
    tells = {"values", "value", "plan"}
    unmarked = [
        name
        for name, [said, *_] in RESPONSES.items()
        if tells & set(re.findall(r"\{(\w+)\}", said.get("text", "")))
        and said.get("custom", {}).get("personal") is not True
    ]
    assert unmarked == []

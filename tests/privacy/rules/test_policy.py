"""The policy file: what stands in it, and that a mistake in it is told with its place."""

from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from privacy.office_hours import Hours
from privacy.policy import PolicyBroken, load_policy
from privacy.rights import OTHER_OPERATIONS, Limit
from privacy.settings import ROOT

FILE = ROOT / "privacy" / "policy.yml"
POLICY = load_policy(FILE)


def test_every_operation_has_a_level() -> None:
    operations = {*POLICY.kinds, *OTHER_OPERATIONS}
    assert set(POLICY.assurance) == operations
    for operation in operations:
        assert POLICY.level(operation) in (0, 1, 2)


@pytest.mark.parametrize(
    ("level", "operations"),
    [
        (0, {"ask", "leave_message", "object", "withdraw_consent"}),
        (1, {"status", "cancel", "restrict", "plan"}),
        (
            2,
            {"access", "correct", "export", "delete"}
            | {"delete_now", "view", "download", "new_contact"},
        ),
    ],
)
def test_levels(level: int, operations: set[str]) -> None:
    assert {name for name, at in POLICY.assurance.items() if at == level} == operations


def test_an_unknown_operation_is_never_free() -> None:
    with pytest.raises(KeyError):
        POLICY.level("read_everything")


def test_limits_of_codes_retention_and_conversation() -> None:
    codes = POLICY.codes
    assert (codes.minutes, codes.digits, codes.tries, codes.resends) == (10, 6, 5, 3)
    assert (codes.resend_after_seconds, codes.sends_per_hour) == (30, 5)
    assert (codes.failures_per_hour, codes.failures_per_day) == (10, 20)
    assert (codes.verified_idle_minutes, codes.verified_max_minutes) == (15, 60)
    assert POLICY.retention.transcript_days == POLICY.retention.values_days == 30
    assert (POLICY.retention.request_record_months, POLICY.retention.code_rows_hours) == (24, 24)
    assert POLICY.retention.audit_months >= POLICY.retention.request_record_months
    assert POLICY.conversation.message_characters == 2000
    assert POLICY.conversation.messages_per_minute > 0
    assert POLICY.deletion.undo_days > 0
    assert POLICY.receipt == "same turn"


def test_when_people_take_conversations(tmp_path: Path) -> None:
    assert POLICY.people.idle_minutes == 10
    hours = POLICY.people.office_hours
    assert set(hours) == {"monday", "tuesday", "wednesday", "thursday", "friday"}
    assert hours["friday"] == Hours(time(9), time(16))
    nobody = load_policy(_changed(tmp_path, _set("people", "office_hours", to={})))
    assert nobody.people.office_hours == {}


def test_every_law_answers_for_every_right_with_a_source() -> None:
    assert [law.name for law in POLICY.laws] == ["GDPR", "UK GDPR", "CCPA/CPRA", "LGPD"]
    for law in POLICY.laws:
        for limit in law.limits.values():
            assert law.name.split("/")[0].split()[-1] in limit.source
    lgpd = POLICY.laws[-1]
    assert lgpd.extension is None
    assert "rectification" not in lgpd.limits


def test_whether_identity_pauses_a_law_s_clock_is_data() -> None:
    assert {law.key: law.identity_pauses for law in POLICY.laws} == {
        "gdpr": True,
        "uk_gdpr": True,
        "ccpa": False,
        "lgpd": False,
    }


def test_a_further_kind_and_a_further_law_need_no_code(tmp_path: Path) -> None:
    def add(top: Any) -> None:
        top["kinds"]["explain"] = {
            "right": "explanation",
            "label": {"en": "Explain"},
            "wish": {"en": "have a decision explained"},
        }
        top["assurance"]["explain"] = 2
        for law in top["laws"].values():
            law["limits"]["explanation"] = {"no_limit": True, "source": "names no period"}
        top["laws"]["korea"] = {
            "name": "PIPA",
            "limits": {
                right: {"days": 10, "source": "PIPA Decree"}
                for right in top["laws"]["gdpr"]["limits"]
            },
            "extension": {"none": True, "source": "PIPA Decree"},
            "identity_pauses": {"value": False, "source": "PIPA Decree"},
        }

    policy = load_policy(_changed(tmp_path, add))
    assert policy.kind("explain").label() == "Explain"
    assert policy.laws[-1].limits["explanation"] == Limit("days", 10, "PIPA Decree")


def _set(*path: str, to: object) -> Callable[[Any], None]:
    def change(top: Any) -> None:
        for key in path[:-1]:
            top = top[key]
        top[path[-1]] = to

    return change


def _drop(*path: str) -> Callable[[Any], None]:
    def change(top: Any) -> None:
        for key in path[:-1]:
            top = top[key]
        del top[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_drop("codes"), "p.yml needs codes."),
        (_set("colour", to="blue"), "p.yml has colour, which is not known there."),
        (_drop("assurance", "delete"), "p.yml → assurance needs delete."),
        (
            _set("assurance", "fly", to=1),
            "p.yml → assurance has fly, which is not known there.",
        ),
        (
            _set("assurance", "delete", to=3),
            "p.yml → assurance → delete needs a number from 0 to 2.",
        ),
        (
            _set("assurance", "delete", to="two"),
            "p.yml → assurance → delete needs a whole number.",
        ),
        (_set("codes", "tries", to=True), "p.yml → codes → tries needs a whole number."),
        (_set("codes", "tries", to=0), "p.yml → codes → tries needs a number from 1 to 1000000."),
        (_set("codes", to=[5]), "p.yml → codes needs a table of keys and values."),
        (_drop("kinds", "access", "label"), "p.yml → kinds → access needs label."),
        (
            _set("kinds", "access", "label", to={"de": "Ansehen"}),
            "p.yml → kinds → access → label needs an English text (en).",
        ),
        (
            _set("kinds", "access", "label", "en", to="  "),
            "p.yml → kinds → access → label → en needs a text.",
        ),
        (
            _set("kinds", "correct", "details", to="field"),
            "p.yml → kinds → correct → details needs a list.",
        ),
        (_set("kinds", to={}), "p.yml → kinds needs at least one kind."),
        (_set("laws", to={}), "p.yml → laws needs at least one law."),
        (
            _drop("laws", "lgpd", "limits", "erasure"),
            "p.yml → laws → lgpd → limits needs erasure.",
        ),
        (
            _set("laws", "lgpd", "limits", "flight", to={"days": 1, "source": "x"}),
            "p.yml → laws → lgpd → limits has flight, which is not known there.",
        ),
        (
            _set("laws", "gdpr", "limits", "access", to={"months": 1}),
            "p.yml → laws → gdpr → limits → access needs source.",
        ),
        (
            _set("laws", "gdpr", "limits", "access", to={"source": "x"}),
            "p.yml → laws → gdpr → limits → access needs exactly one of at_once, days, months, "
            "business_days, no_limit.",
        ),
        (
            _set("laws", "gdpr", "limits", "access", to={"days": 3, "months": 1, "source": "x"}),
            "p.yml → laws → gdpr → limits → access needs exactly one of at_once, days, months, "
            "business_days, no_limit.",
        ),
        (
            _set("laws", "gdpr", "limits", "access", to={"at_once": False, "source": "x"}),
            "p.yml → laws → gdpr → limits → access → at_once can only be true; leave it out "
            "otherwise.",
        ),
        (
            _set("laws", "lgpd", "extension", to={"none": False, "source": "x"}),
            "p.yml → laws → lgpd → extension → none can only be true; leave it out otherwise.",
        ),
        (
            _set("laws", "ccpa", "extension", "rights", to=["flight"]),
            "p.yml → laws → ccpa → extension extends flight, which has no limit there.",
        ),
        (
            _set("laws", "ccpa", "identity_pauses", "value", to="no"),
            "p.yml → laws → ccpa → identity_pauses → value needs true or false.",
        ),
        (
            _set("promises", "flight", to={"days": 1, "source": "x"}),
            "p.yml → promises has flight, which is not known there.",
        ),
        (
            _set("holidays", to=["25 December"]),
            "p.yml → holidays → item 1 needs a date such as 2026-12-25.",
        ),
        (_drop("people", "idle_minutes"), "p.yml → people needs idle_minutes."),
        (
            _set("people", "idle_minutes", to=0),
            "p.yml → people → idle_minutes needs a number from 1 to 1000000.",
        ),
        (
            _set("people", "office_hours", "funday", to="09:00-17:00"),
            "p.yml → people → office_hours has funday, which is not known there.",
        ),
        (
            _set("people", "office_hours", "monday", to="nine to five"),
            'p.yml → people → office_hours → monday needs hours such as "09:00-17:00".',
        ),
        (
            _set("people", "office_hours", "monday", to="09:00"),
            'p.yml → people → office_hours → monday needs hours such as "09:00-17:00".',
        ),
        (
            _set("people", "office_hours", "monday", to="17:00-09:00"),
            "p.yml → people → office_hours → monday ends before it begins.",
        ),
        (
            _set("people", "office_hours", "monday", to="09:00Z-17:00"),
            "p.yml → people → office_hours → monday is told in the company's own time zone: leave it out.",
        ),
        (
            _set("kinds", "Not A Name", to={}),
            "p.yml → kinds → Not A Name needs a name of lower-case letters and underscores.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, change: Callable[[Any], None], sentence: str
) -> None:
    with pytest.raises(PolicyBroken) as told:
        load_policy(_changed(tmp_path, change))
    assert str(told.value) == sentence


def test_a_kind_without_any_limit_is_told(tmp_path: Path) -> None:
    def change(top: Any) -> None:
        top["promises"].pop("erasure")
        for law in top["laws"].values():
            law["limits"]["erasure"] = {"no_limit": True, "source": "x"}
            law["extension"].get("rights", ["erasure"]).remove("erasure")

    with pytest.raises(PolicyBroken, match="kinds → delete has the right erasure, which no law"):
        load_policy(_changed(tmp_path, change))


def test_a_kind_named_like_another_operation_is_told(tmp_path: Path) -> None:
    def change(top: Any) -> None:
        top["kinds"]["status"] = top["kinds"]["access"]

    with pytest.raises(PolicyBroken, match="status names both a kind and another operation"):
        load_policy(_changed(tmp_path, change))


def test_a_key_written_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.yml"
    path.write_text(FILE.read_text().replace("  tries: 5\n", "  tries: 5\n  tries: 50\n"))
    with pytest.raises(PolicyBroken, match=r"tries stands twice \(line \d+\)"):
        load_policy(path)


def test_a_file_that_is_not_there_or_not_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyBroken, match=r"p\.yml cannot be read"):
        load_policy(tmp_path / "p.yml")
    (tmp_path / "p.yml").write_text("codes: [")
    with pytest.raises(PolicyBroken, match=r"p\.yml is not YAML"):
        load_policy(tmp_path / "p.yml")
    (tmp_path / "p.yml").write_text("on: 1")
    with pytest.raises(PolicyBroken, match="does not read as a word"):
        load_policy(tmp_path / "p.yml")
    (tmp_path / "p.yml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(PolicyBroken, match="is not YAML"):
        load_policy(tmp_path / "p.yml")


def _changed(folder: Path, change: Callable[[Any], None]) -> Path:
    """The real policy with one change, as a file."""
    top = yaml.safe_load(FILE.read_text())
    change(top)
    path = folder / "p.yml"
    path.write_text(yaml.safe_dump(top, sort_keys=False))
    return path

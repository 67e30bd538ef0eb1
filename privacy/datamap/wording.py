"""What is wrong with the shape of a data map, said so that its author knows what to do."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from privacy.datamap.source import Place

_MISSING: Final[dict[str, str]] = {
    "purpose": "it has no purpose, and there is no default. "
    "Say why it is held: name one of the purposes at the top of the map.",
    "retention": "nothing says how long it is kept. "
    "Name one of the retentions at the top of the map.",
    "source": 'nothing says where it comes from. Write it as it goes on after "We have it".',
    "label": "it has no label. Write how the customer would call it.",
    "category": "it has no category. "
    "Name a key of the Fideslang taxonomy, such as user.contact.email.",
    "on_delete": "nothing says what deletion does. Write erase, anonymise or keep.",
    "fields": "no field is described. Describe each column that says something about a person.",
    "basis": "it has no basis. Choose contract, consent, legal_obligation, legitimate_interest, "
    "vital_interest or public_task.",
    "because": "it has no reason in plain words. "
    'Write it as it goes on after "We may, because": "you ordered from us".',
    "kind": "nothing says how this system is reached. Write kind: sql, or one of the other kinds.",
    "leading": "no system leads. Name the one whose records decide who a person is.",
}
_TAGS: Final = ("sql", "http", "manual")
_KINDS: Final[dict[str, str]] = {
    "string": "text",
    "bool": "true or false",
    "int": "number",
    "list": "list",
    "dict": "block",
    "model": "block",
}


def mistakes(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Place and sentence of each thing that pydantic found."""
    seen: set[tuple[Place, str]] = set()
    for found in error.errors(include_url=False, include_input=False):
        # Pydantic adds "[key]" where the name itself is wrong.
        place = _as_written(tuple(str(step) for step in found["loc"] if step != "[key]"))
        if found["type"].startswith("union_tag"):
            place = (*place, "kind")
        key = place[-1] if place else ""
        missing = found["type"] in ("missing", "union_tag_not_found")
        mistake = (
            place[:-1] if missing else place,
            _what_to_do(found["type"], key, found.get("ctx", {})),
        )
        if mistake not in seen:
            seen.add(mistake)
            yield mistake


def _as_written(place: Place) -> Place:
    """Pydantic puts the kind of a system between its name and what stands in it."""
    if len(place) > 2 and place[0] == "systems" and place[2] in _TAGS:
        return (*place[:2], *place[3:])
    return place


def _what_to_do(kind: str, key: str, context: Mapping[str, Any]) -> str:
    if kind in ("missing", "union_tag_not_found"):
        return _MISSING.get(key, f"{key} is missing. Add it.")
    if kind == "too_short":
        return _MISSING.get(key, "this is empty. Add at least one.")
    if kind == "extra_forbidden":
        return (
            "this word is not known here. Check its spelling and its indentation, or leave it out."
        )
    if kind == "literal_error":
        return f"this is none of the possible values. Choose {context.get('expected')}."
    if kind == "union_tag_invalid":
        return f"this is none of the possible values. Choose {context.get('expected_tags')}."
    if kind == "string_too_short":
        return "this is too short to tell anybody anything. Write it out."
    if kind == "string_too_long":
        return f"this is too long. Keep it within {context.get('max_length')} characters."
    if kind == "string_pattern_mismatch":
        return f"this is not written as it has to be: {context.get('pattern')}."
    if kind in ("less_than_equal", "greater_than_equal"):
        return f"this number is out of range. The limit is {context.get('le', context.get('ge'))}."
    wanted = _KINDS.get(kind.split("_")[0])
    if wanted is None:
        return "this does not fit here. Compare it with demo/datamap.yml."
    return (
        f"a {wanted} has to stand here. Put texts in quotes where YAML reads them otherwise."
        if wanted == "text"
        else f"a {wanted} has to stand here."
    )

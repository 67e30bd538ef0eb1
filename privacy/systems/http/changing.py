"""Writes into rows of a service and removes them: one call per row, which may be repeated."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from pydantic import JsonValue

from privacy.datamap.http_parts import Change, Erase, HttpTable
from privacy.datamap.pointers import write_at
from privacy.systems.http.client import Client
from privacy.systems.http.filling import CannotStand, question
from privacy.systems.http.reading import Found, same
from privacy.systems.port import SystemRefused, Value


class Changer:
    """The changing calls of one service."""

    def __init__(self, name: str, client: Client) -> None:
        self._name = name
        self._client = client

    def write(
        self, part: HttpTable, found: Found, values: Mapping[str, Value], *, stop: bool = False
    ) -> None:
        """Write values into a row; nothing is asked where they stand there already.

        Raises SystemDown, SystemRefused.
        """
        call = self._change(part, found.table, stop)
        if all(same(found.values.get(name), plain(value)) for name, value in values.items()):
            return
        try:
            body = _body(part, found, call, values)
            asked = question(
                call,
                self._client.base_path,
                found.placeholders() | {"changes": body},
                wants_json=False,
                body=body,
            )
        except (CannotStand, ValueError):
            raise SystemRefused(
                self._name, found.table, "a value cannot be sent as the map describes it"
            ) from None
        self._client.ask(asked, found.table)

    def erase(self, part: HttpTable, found: Found) -> None:
        """Remove a row; fine where it is gone already.

        Raises SystemDown, SystemRefused.
        """
        call = part.erase
        if not isinstance(call, Erase):
            raise SystemRefused(self._name, found.table, "the map has no call that erases a row")
        try:
            asked = question(
                call,
                self._client.base_path,
                found.placeholders(),
                fine=frozenset(call.gone),
                wants_json=False,
            )
        except CannotStand:
            raise SystemRefused(
                self._name, found.table, "a row's key cannot stand in its address"
            ) from None
        self._client.ask(asked, found.table)

    def _change(self, part: HttpTable, table: str, stop: bool) -> Change:
        call = (part.stop if stop else None) or part.correct
        if call is None:
            raise SystemRefused(self._name, table, "the map has no call that changes a row")
        return call


def nothing(part: HttpTable, found: Found, column: str) -> Value:
    """What is written for "nothing" in this column."""
    neutral = part.neutral.get(column)
    if isinstance(neutral, str) and len(found.key) == 1:
        return neutral.replace("{key}", str(found.key[0][1]))
    return neutral


def plain(value: Value) -> JsonValue:
    """A value as JSON. Raises ValueError for bytes."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        raise ValueError("bytes are no JSON")
    return value


def _body(
    part: HttpTable, found: Found, call: Change, values: Mapping[str, Value]
) -> dict[str, Any]:
    whole: Literal["changes", "whole"] = call.send
    body: dict[str, Any] = deepcopy(dict(found.row)) if whole == "whole" else {}
    for column, value in values.items():
        pointer = part.pointer(column)
        outermost = pointer.split("/")[1].replace("~1", "/").replace("~0", "~")
        # A service may put the inner object in place of the old one: what stands beside stays.
        if outermost not in body and isinstance(found.row.get(outermost), dict | list):
            body[outermost] = deepcopy(found.row[outermost])
        write_at(body, pointer, plain(value))
    return body

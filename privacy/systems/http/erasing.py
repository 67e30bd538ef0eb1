"""Erases a person's rows in a service: all are looked at before the first is changed, dependants go
first, and each table is asked again before the rows it hangs on go.

A service has no transaction. What is cut off half-way is taken up by asking the same again: a row
that is gone is gone, and a value that is blank is not written twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from privacy.datamap.http_parts import HttpSystem
from privacy.systems.http.changing import Changer, nothing
from privacy.systems.http.reading import Found, Reader, same
from privacy.systems.port import MoreThanBound, Place, TableErased, TableErasure, Value


@dataclass(slots=True, eq=False)
class _Node:
    """A row with those that are linked to it, and what is to become of it."""

    found: Found
    parent: "_Node | None"
    due: bool  # the act means this row
    goes: bool = False  # and it is removed, not only blanked
    gone: bool = False
    stuck: bool = False  # would go with its parent, which stays
    children: "list[_Node]" = field(default_factory=list)


type _Rows = dict[str, list[_Node]]


class Eraser:
    """The erasures of one service."""

    def __init__(self, described: HttpSystem, reader: Reader, changer: Changer) -> None:
        self._tables = described.tables
        self._reader = reader
        self._changer = changer

    def erase(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> list[TableErased]:
        """See `System.erase`; a second attempt goes on where the first was cut off."""
        self._check(acts)
        rows = self._collect(places, acts)
        done = {act.table: self._carry_out(act, places, rows) for act in acts}
        for act in acts:
            if self._tables[act.table].erase == "with_parent":
                done[act.table] = self._went_with_parent(act, done[act.table], rows)
        return list(done.values())

    def left(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> dict[str, int]:
        """See `System.left`."""
        rows = self._collect(places, acts)
        return {
            act.table: sum(
                node.due and (node.goes or self._still(act, node.found, node))
                for node in rows[act.table]
            )
            for act in acts
        }

    def _check(self, acts: Sequence[TableErasure]) -> None:
        """Everything that the map cannot do is told before anything is done."""
        named = {act.table: act for act in acts}
        for act in acts:
            part = self._tables[act.table]
            if act.rows == "erase" and part.erase is None:
                raise self._reader.refused(act.table, "the map has no call that erases a row")
            if act.blank and part.correct is None:
                raise self._reader.refused(act.table, "the map has no call that changes a row")
            above = named.get(part.link.table) if part.link else None
            if (
                act.rows == "erase"
                and part.erase == "with_parent"
                and (above is None or above.rows != "erase")
            ):
                raise self._reader.refused(act.table, "its rows go only with what they belong to")

    def _collect(self, places: Sequence[Place], acts: Sequence[TableErasure]) -> _Rows:
        """Every row that is meant, with all its dependants, also those that stay."""
        named = {act.table: act for act in acts}
        tables = [t for act in acts for t in self._with_dependants(act)]
        rows: _Rows = {act.table: [] for act in acts}
        nodes: dict[int, _Node] = {}
        for found in self._reader.walk(places, tables):
            act = named.get(found.table)
            above = nodes.get(id(found.parent)) if found.parent else None
            node = _Node(found, above, act is not None and self._is_due(act, found))
            nodes[id(found)] = node
            if above:
                above.children.append(node)
            if act is not None:
                rows[found.table].append(node)
                if len(rows[found.table]) > self._tables[found.table].bound:
                    raise MoreThanBound(
                        self._reader.name, found.table, "one person has more rows than the bound"
                    )
        for node in reversed(nodes.values()):  # each row comes before its dependants
            act = named.get(node.found.table)
            node.goes = (
                act is not None
                and act.rows == "erase"
                and node.due
                and all(child.goes for child in node.children)
            )
        for node in nodes.values():
            with_parent = self._tables[node.found.table].erase == "with_parent"
            if node.goes and with_parent and not (node.parent and node.parent.goes):
                node.goes, node.stuck = False, True
        return rows

    def _carry_out(self, act: TableErasure, places: Sequence[Place], rows: _Rows) -> TableErased:
        part = self._tables[act.table]
        erased = blanked = 0
        for node in rows[act.table]:
            if node.goes and part.erase != "with_parent":
                if all(child.gone for child in node.children):
                    self._changer.erase(part, node.found)
                    node.gone = True
                    erased += 1
            elif node.goes:
                node.gone = all(child.gone for child in node.children)
            elif node.due and self._holds(act, node.found):
                self._changer.write(part, node.found, self._blanks(act, node.found))
                blanked += 1
        return TableErased(act.table, erased, blanked, self._ask_again(act, places, rows))

    def _ask_again(self, act: TableErasure, places: Sequence[Place], rows: _Rows) -> int:
        """Read the table once more: what is still there that should not be."""
        known = {node.found.key: node for node in rows[act.table]}
        with_parent = self._tables[act.table].erase == "with_parent"
        left = 0
        for found in self._again(act.table, places, rows):
            node = known.get(found.key)
            if node is not None and node.goes:
                if not with_parent:
                    node.gone = False  # so that what it hangs on stays, and it can be found again
                    left += 1
            elif self._is_due(act, found) and self._still(act, found, node):
                left += 1
        return left

    def _again(self, table: str, places: Sequence[Place], rows: _Rows) -> Iterator[Found]:
        part = self._tables[table]
        if part.identity or part.link is None:
            yield from self._reader.of(table, places)
            return
        if part.link.table not in rows:
            yield from self._reader.of(table, places)
            return
        for parent in rows[part.link.table]:
            yield from self._reader.children(table, parent.found)

    def _went_with_parent(self, act: TableErasure, so_far: TableErased, rows: _Rows) -> TableErased:
        """Rows that go with another one: asked for again now that it should have gone."""
        going = [node for node in rows[act.table] if node.goes]
        went = sum(node.parent is not None and node.parent.gone for node in going)
        parents = {id(n.parent): n.parent for n in going if n.parent is not None}
        keys = {node.found.key for node in going}
        there = sum(
            found.key in keys
            for parent in parents.values()
            for found in self._reader.children(act.table, parent.found)
        )
        return TableErased(
            act.table, min(went, len(going) - there), so_far.blanked, so_far.left + there
        )

    def _with_dependants(self, act: TableErasure) -> Iterator[str]:
        """A table, and where its rows may go all that are linked to it."""
        yield act.table
        if act.rows == "erase":
            waiting = list(self._reader.linked[act.table])
            while waiting:
                table = waiting.pop()
                yield table
                waiting += self._reader.linked[table]

    def _is_due(self, act: TableErasure, found: Found) -> bool:
        """Is the row of the days that the act means?"""
        if act.older_than is not None:
            day = self._reader.day(found, "counted")
            if day is None or day >= act.older_than:
                return False
        return self._reader.in_range(found, act.since, act.until)

    def _blanks(self, act: TableErasure, found: Found) -> dict[str, Value]:
        part = self._tables[act.table]
        return {
            column: nothing(part, found, column) if text is None else text
            for column, text in act.blank.items()
        }

    def _still(self, act: TableErasure, found: Found, node: _Node | None) -> bool:
        """Does a row that is not removed hold something that should be gone?"""
        if act.rows == "erase" and (node is None or (node.stuck and not act.blank)):
            return True
        return self._holds(act, found)

    def _holds(self, act: TableErasure, found: Found) -> bool:
        """Does the row hold a value that is to be blank? A service may answer "" where null was written."""
        return any(
            not (
                same(found.values.get(column), wanted)
                or (not wanted and not found.values.get(column))
            )
            for column, wanted in self._blanks(act, found).items()
        )

"""The data as the page tells it: values as plain text, and reasons told once for all fields that share them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from web.chat.requests.views import CategoryView, DataView, FieldView, RowView, TableView
from web.templating import capital

_CALM = 3  # so many rows are shown at once; more are a press away
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value beside its field. `shown` is None where there is none; `correct` is what
    a correction of it is about: the parts of one thing (an address) are corrected together, at the first of them."""

    field: FieldView
    label: str
    shown: str | None
    correct: str


@dataclass(frozen=True, slots=True)
class RowSheet:
    """One row."""

    number: int
    cells: Sequence[Cell]
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reasons:
    """Fields for which the data map says the same."""

    labels: Sequence[str]
    field: FieldView


class TableSheet:
    """One table."""

    def __init__(self, view: TableView) -> None:
        self.view = view
        self.label = capital(view.label)
        self.is_single = view.count == 1 and len(view.rows) == 1
        self.is_calm = len(view.rows) <= _CALM
        # What is empty in every row, and cannot be filled from here, is told once.
        self._told = [
            bool(field.correct or any(row.values[n] is not None for row in view.rows))
            for n, field in enumerate(view.fields)
        ]

    @property
    def rows(self) -> Iterator[RowSheet]:
        """The rows of this part, numbered over the whole table."""
        for number, row in enumerate(self.view.rows, self.view.skipped + 1):
            yield RowSheet(number, list(self._cells(row)), row.since, row.until)

    @property
    def empty(self) -> list[str]:
        """The fields of which no row here says anything."""
        fields = zip(self.view.fields, self._told, strict=True)
        return [field.label for field, told in fields if not told]

    @property
    def reasons(self) -> list[Reasons]:
        """Why the fields are held, the same reasons together, in the order of the fields; nothing of the empty ones."""
        found: dict[tuple[object, ...], list[FieldView]] = {}
        for field, told in zip(self.view.fields, self._told, strict=True):
            if not told:
                continue
            key = (
                *(tuple(field.why), field.ground, field.because, field.until, field.source),
                tuple(field.recipients),
            )
            found.setdefault(key, []).append(field)
        return [Reasons([field.label for field in fields], fields[0]) for fields in found.values()]

    @property
    def hidden(self) -> list[str]:
        """What is never shown."""
        return [field.label for field in self.view.fields if field.hidden]

    @property
    def more_to_come(self) -> int:
        """How many rows lie behind this part."""
        return max(0, self.view.count - self.view.shown_to)

    def _cells(self, row: RowView) -> Iterator[Cell]:
        offered: set[str] = set()
        for field, value, told in zip(self.view.fields, row.values, self._told, strict=True):
            if told:
                is_named_only = field.hidden or field.names_others
                shown = None if value is None else "" if is_named_only else _visible(value)
                can = field.correct and not field.hidden and field.correct not in offered
                offered.add(field.correct)
                yield Cell(field, capital(field.label), shown, field.correct if can else "")


class CategorySheet:
    """Tables that belong together."""

    def __init__(self, view: CategoryView) -> None:
        self.view = view
        self.label = capital(view.label)
        self.summary = capital(view.summary)
        self.tables = [TableSheet(table) for table in view.tables]


class DataSheet:
    """The whole page."""

    def __init__(self, view: DataView) -> None:
        self.view = view
        self.categories = [CategorySheet(category) for category in view.categories]

    @property
    def hidden(self) -> list[str]:
        """Everything that is named and never shown, once each."""
        found = (label for c in self.categories for table in c.tables for label in table.hidden)
        return list(dict.fromkeys(found))


def _visible(value: str) -> str:
    """Characters that a browser would swallow are shown by their signs (U+2400 and on)."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_VISIBLE)

"""What the pages of a request show, put together from the house: asked of its verbs, shaped for the page, decided nowhere
here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from privacy.datamap.scope import Scope
from privacy.datamap.wishes import describe
from privacy.errors import NotPossibleNow, SystemDown
from privacy.filing import HistoryEntry, RequestView
from privacy.fulfilment.explained import Reasons
from privacy.fulfilment.job import Places
from privacy.fulfilment.standing import RequestStanding
from privacy.fulfilment.viewing import Category, Entry
from privacy.requests import Status
from privacy.systems.port import SystemRefused
from privacy.wiring import Vera
from web.chat.requests.views import (
    Act,
    CategoryView,
    DataView,
    FieldView,
    Happened,
    LawDate,
    PackageView,
    RowView,
    StatusView,
    SystemView,
    TableView,
    TaskView,
)

_CANCELLABLE = {
    Status.RECEIVED, Status.CHECKING_IDENTITY, Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER,
}  # fmt: skip

# What the rows are that progress counts by table.
_COUNTED = {"access": "found", "export": "found", "correct": "changed", "delete": "erased"}


class HouseViews:
    """Makes the views."""

    def __init__(self, vera: Vera) -> None:
        self._vera = vera

    def status(self, view: RequestView, subjects: Sequence[str]) -> StatusView:
        """How the request stands."""
        vera = self._vera
        standing = vera.fulfilment.standing(view.request_id)
        history = vera.filing.history(view.request_id)
        laws = vera.filing.law_dates(view.request_id)
        package = vera.packages.open_for(view.request_id, subjects)
        scheduled = vera.fulfilment.undo_until(view.reference, subjects)
        return StatusView(
            reference=view.reference,
            kind=view.kind,
            wish=vera.policy.kind(view.kind).wish(),
            status=view.status.name.lower(),
            reason=view.reason.value if view.reason else "",
            received_at=view.received_at,
            due_at=view.due_at,
            closed_at=view.closed_at,
            scheduled_at=scheduled,
            scope=self._scope_words(standing.scope),
            set_by=self._law_name(laws[0].law) if laws else "",
            laws=[LawDate(self._law_name(one.law), one.due_at, one.source) for one in laws],
            history=list(_happened(view, history)),
            systems=list(self._systems(standing, view.kind)),
            tasks=[TaskView(self._task_words(one.system), one.due_at) for one in standing.tasks],
            acts=frozenset(_acts(view, state=package.state if package else "")),
            data_until=self._data_until(view),
            has_package=package is not None or (view.kind == "export" and view.closed_at is None),
        )

    def data(self, view: RequestView) -> DataView:
        """Everything that is held.

        Raises NotPossibleNow.
        """
        until, (places, scope) = self._data_until(view), self._readable(view)
        found = self._vera.viewing.page(view.request_id, places, scope)
        return DataView(
            reference=view.reference,
            read_at=self._vera.clock.now(),
            until=until or view.received_at,
            categories=list(_by_system(found, self._corrections())),
            missing=sorted({one.system_label for one in found if one.state in ("away", "refused")}),
        )

    def more(self, view: RequestView, table: str, skip: int) -> TableView | None:
        """Further rows of one table; None where there is no such table.

        Raises NotPossibleNow, SystemDown.
        """
        places, scope = self._readable(view)
        try:
            found = self._vera.viewing.more(
                view.request_id, places, scope, table.replace("-", ".", 1), skip
            )
        except KeyError:
            return None
        except SystemRefused as refused:
            raise SystemDown(refused.system) from None
        return _table(found, self._corrections())

    def package(self, view: RequestView, subjects: Sequence[str]) -> PackageView | None:
        """The file of an export."""
        there = self._vera.packages.open_for(view.request_id, subjects)
        if there is None:
            making = view.kind == "export" and view.closed_at is None
            return PackageView(view.reference, "making") if making else None
        standing = self._vera.fulfilment.standing(view.request_id)
        return PackageView(
            reference=view.reference,
            state=there.state,
            filename=f"{view.reference.lower()}.zip",
            size=there.size,
            made_at=there.made_at,
            expires_at=there.expires_at,
            gone_at=there.expires_at if there.state == "expired" else None,
            downloads=there.downloads,
            downloads_left=there.downloads_left,
            parts=[f"{there.rows} entries", self._scope_words(standing.scope) or "everything"],
        )

    def _readable(self, view: RequestView) -> tuple[Places, Scope]:
        until = self._data_until(view)
        standing = self._vera.fulfilment.standing(view.request_id)
        if until is None or until < self._vera.clock.now() or standing.places is None:
            raise NotPossibleNow("the data of this request cannot be shown now")
        return standing.places, standing.scope

    def _data_until(self, view: RequestView) -> datetime | None:
        if view.kind != "access" or view.status in (Status.DECLINED, Status.CANCELLED):
            return None
        since = (
            view.closed_at or self._vera.clock.now()
        )  # a part that a person looks up may still be open
        return since + timedelta(days=self._vera.policy.fulfilment.view_days)

    def _systems(self, standing: RequestStanding, kind: str) -> Iterator[SystemView]:
        labels = self._vera.datamap.labels()
        for one in standing.systems:
            yield SystemView(
                label=labels.get(one.system, one.system),
                state=one.state,
                since=one.since,
                again_at=standing.due_at if one.state == "down" else None,
                counts={_COUNTED.get(kind, "stopped"): sum(one.counts.values())},
            )

    def _task_words(self, system: str | None) -> str:
        if system is None:
            return "A person looks at it."
        return f"A person does a part of it by hand: {self._vera.datamap.labels().get(system, system)}."

    def _corrections(self) -> Mapping[str, str]:
        return {name: one.label for name, one in self._vera.datamap.corrections.items()}

    def _law_name(self, key: str) -> str:
        laws = {law.key: law.name for law in self._vera.policy.laws}
        return laws.get(key, "our own promise")

    def _scope_words(self, scope: Scope) -> str:
        return "" if scope.is_all else describe(scope, self._vera.datamap)


def _happened(view: RequestView, history: Sequence[HistoryEntry]) -> Iterator[Happened]:
    for one in history:
        own = one.event in ("scheduled", "finished")
        yield Happened(one.at, f"{one.event}_{view.kind}" if own else one.event)


def _acts(view: RequestView, *, state: str) -> Iterator[Act]:
    if view.status is Status.SCHEDULED:
        yield from ("undo", "delete-now")
    elif view.status in _CANCELLABLE:
        yield "cancel"
    if state in ("ready", "used_up"):
        yield "remove-file"


def _by_system(
    found: Sequence[Category], corrections: Mapping[str, str]
) -> Iterator[CategoryView]:
    """Tables with something in them, under the system that holds them."""
    held: dict[str, list[Category]] = {}
    for one in found:
        if one.state == "held":
            held.setdefault(one.system, []).append(one)
    for system, tables in held.items():
        label = tables[0].system_label
        words = ", ".join(table.label.removeprefix("your ") for table in tables)
        shown = [_table(table, corrections) for table in tables]
        yield CategoryView(system, label, words, shown)


def _table(found: Category, corrections: Mapping[str, str]) -> TableView:
    columns: dict[str, FieldView] = {}
    for entry in found.entries:
        for value in entry.values:
            if value.column not in columns:
                columns[value.column] = _field(
                    value.label,
                    found.reasons,
                    correct=corrections[value.correct.id.partition(".")[0]] if value.correct else "",
                    hidden=value.how == "never",
                    is_file=value.how == "file",
                )
    first = found.entries[0].number - 1 if found.entries else 0
    return TableView(
        id=found.id.replace(".", "-", 1),
        label=found.label,
        system=found.system_label,
        count=found.count,
        fields=list(columns.values()),
        rows=[_row(entry, list(columns)) for entry in found.entries],
        skipped=first,
    )


def _row(entry: Entry, columns: Sequence[str]) -> RowView:
    texts: Mapping[str, str | None] = {
        value.column: value.text if value.text or value.how == "never" else None
        for value in entry.values
    }
    until = datetime.combine(entry.until, time(12), UTC) if entry.until else None
    return RowView([texts.get(column) for column in columns], until=until)


def _field(
    label: str, reasons: Sequence[Reasons], *, correct: str, hidden: bool, is_file: bool
) -> FieldView:
    about = next((one for one in reasons if not one.of or label in one.of), None)
    return FieldView(
        label=label,
        why=[about.why] if about else [],
        ground=", ".join(about.grounds) if about else "",
        because=about.because if about else "",
        until=about.kept if about else "",
        source=about.source if about else "",
        recipients=list(about.recipients) if about else [],
        correct=correct,
        hidden=hidden,
        is_file=is_file,
    )

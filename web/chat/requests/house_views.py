"""What the pages of a request show, put together from the house: asked of its verbs, shaped for the page, decided nowhere
here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from privacy.audit import Done, acts_of
from privacy.datamap.deletion import TableDeletion, deletions
from privacy.datamap.scope import Scope
from privacy.datamap.wishes import describe
from privacy.dates import day_in_words
from privacy.errors import NotPossibleNow, SystemDown
from privacy.filing import HistoryEntry, RequestView
from privacy.filing.ledger import EXTENDED
from privacy.fulfilment.export.packages import name_of
from privacy.fulfilment.holdings.explained import Reasons
from privacy.fulfilment.job import Places
from privacy.fulfilment.see.viewing import Category, Entry
from privacy.fulfilment.standing import RequestStanding
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

# Acts of the audit that the customer is told of, and the event that each is to them.
_TOLD = {
    "package.downloaded": "downloaded",
    "package.removed": "file_removed",
    "package.expired": "file_expired",
    "system.erased": "system_done",
}

# What the rows are that progress counts by table; those of a deletion differ from table to table.
_COUNTED = {"access": "found", "export": "found", "correct": "changed"}


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
        # Its time has come, or the customer gave the rest of it up: the work begins at any moment.
        begins = scheduled is not None and scheduled <= vera.clock.now()
        acts = () if begins else _acts(view, state=package.state if package else "")
        return StatusView(
            reference=view.reference,
            kind=view.kind,
            wish=vera.policy.kind(view.kind).wish(),
            status="in_progress" if begins else view.status.name.lower(),
            reason=view.reason.value if view.reason else "",
            received_at=view.received_at,
            due_at=view.due_at,
            closed_at=view.closed_at,
            scheduled_at=None if begins else scheduled,
            scope=self._scope_words(standing.scope),
            set_by=self._law_name(laws[0].law) if laws else "",
            laws=[LawDate(self._law_name(one.law), one.due_at, one.source) for one in laws],
            history=self._happened(view, history),
            systems=list(self._systems(standing, view.kind)),
            tasks=[TaskView(self._task_words(one.system), one.due_at) for one in standing.tasks],
            acts=frozenset(acts),
            data_until=self._data_until(view),
            has_package=view.kind == "export"
            and (view.closed_at is None or (package is not None and package.state == "ready")),
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
        gone = {"expired": there.expires_at, "removed": there.removed_at}.get(there.state)
        if there.state == "used_up":
            gone = self._done(view, "package.downloaded")[-1].at
        whole = "everything that we hold about you"
        return PackageView(
            reference=view.reference,
            state=there.state,
            filename=name_of(view.reference),
            size=there.size,
            made_at=there.made_at,
            expires_at=there.expires_at,
            gone_at=gone,
            downloads=there.downloads,
            downloads_left=there.downloads_left,
            parts=[
                "1 entry" if there.rows == 1 else f"{there.rows:,} entries",
                self._scope_words(standing.scope) or whole,
            ],
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
        order = {name: place for place, name in enumerate(self._vera.datamap.systems)}
        acts = deletions(self._vera.datamap, standing.scope) if kind == "delete" else {}
        for one in sorted(standing.systems, key=lambda one: order.get(one.system, len(order))):
            yield SystemView(
                label=labels.get(one.system, one.system),
                state=one.state,
                since=one.since,
                again_at=standing.due_at if one.state == "down" else None,
                counts=(
                    _erased(one.counts, acts.get(one.system, ()))
                    if kind == "delete"
                    else {_COUNTED.get(kind, "stopped"): sum(one.counts.values())}
                ),
            )

    def _task_words(self, system: str | None) -> str:
        if system is None:
            return "A person looks at it."
        return f"A person does a part of it by hand: {self._vera.datamap.labels().get(system, system)}."

    def _happened(self, view: RequestView, history: Sequence[HistoryEntry]) -> list[Happened]:
        """The history of the request, and what was done with its data and its file."""
        labels = self._vera.datamap.labels()
        ends = view.received_at + timedelta(days=self._vera.policy.deletion.undo_days)
        lines = list(_happened(view, history, ends))
        for done in self._done(view, *_TOLD):
            system = str(done.data.get("system", ""))
            lines.append(Happened(done.at, _TOLD[done.act], {"system": labels.get(system, system)}))
        return sorted(lines, key=lambda line: line.at)

    def _done(self, view: RequestView, *acts: str) -> list[Done]:
        with self._vera.database.read() as tx:
            return acts_of(tx, view.request_id, acts)

    def _corrections(self) -> Mapping[str, str]:
        return {name: one.label for name, one in self._vera.datamap.corrections.items()}

    def _law_name(self, key: str) -> str:
        laws = {law.key: law.name for law in self._vera.policy.laws}
        return laws.get(key, "our own promise")

    def _scope_words(self, scope: Scope) -> str:
        return "" if scope.is_all else describe(scope, self._vera.datamap)


def _happened(
    view: RequestView, history: Sequence[HistoryEntry], ends: datetime
) -> Iterator[Happened]:
    for one in history:
        hurried = one.event == "time_came" and one.at < ends
        until = str(one.data.get("until", ""))
        moved = {"day": day_in_words(date.fromisoformat(until))} if one.event == EXTENDED else {}
        yield Happened(one.at, "hurried" if hurried else one.event, moved)


def _erased(rows: Mapping[str, int], acts: Sequence[TableDeletion]) -> dict[str, int]:
    """The rows of a system by what a deletion does with them."""
    told: Counter[str] = Counter()
    for act in acts:
        name = "erased" if act.rows == "erase" else "kept" if act.kept else "anonymised"
        told[name] += rows.get(act.table, 0)
    return dict(told)


def _acts(view: RequestView, *, state: str) -> Iterator[Act]:
    if view.status is Status.SCHEDULED:
        yield from ("undo", "delete-now")
    elif view.status in _CANCELLABLE:
        yield "cancel"
    if state in ("ready", "used_up"):
        yield "remove-file"


def _by_system(found: Sequence[Category], corrections: Mapping[str, str]) -> Iterator[CategoryView]:
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
    # A row in which such a text is empty does not tell that others hold one.
    others = {one.column for row in found.entries for one in row.values if one.how == "others"}
    for entry in found.entries:
        for value in entry.values:
            if value.column not in columns:
                columns[value.column] = _field(
                    value.label,
                    found.reasons,
                    correct=corrections[value.correct.id.partition(".")[0]]
                    if value.correct
                    else "",
                    hidden=value.how == "never",
                    is_file=value.how == "file",
                    names_others=value.column in others,
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
        value.column: value.text if value.text or value.how in ("never", "others") else None
        for value in entry.values
    }
    until = datetime.combine(entry.until, time(12), UTC) if entry.until else None
    return RowView([texts.get(column) for column in columns], until=until)


def _field(
    label: str,
    reasons: Sequence[Reasons],
    *,
    correct: str,
    hidden: bool,
    is_file: bool,
    names_others: bool,
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
        names_others=names_others,
    )

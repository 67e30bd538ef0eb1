"""The parts of a data map: how systems, tables and fields are described, and the reasons they point
to.

Shapes only. Whether the parts fit each other is checked in `consistency`; whether they fit a live
database is the business of `privacy.systems`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Column = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TableName = Annotated[str, StringConstraints(pattern=r"^[^.]{1,128}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=400)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
Meaning = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Noun = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=200, pattern=r"^[^|]*[^|\s][^|]*\|[^|]*[^|\s][^|]*$"
    ),
]
Period = Annotated[str, StringConstraints(min_length=3, pattern=r"^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$")]
Basis = Literal[
    "contract",
    "consent",
    "legal_obligation",
    "legitimate_interest",
    "vital_interest",
    "public_task",
]


class Part(BaseModel):
    """A part of the map: cannot be changed, and knows no words but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _short(key: str, part: type[Part]) -> BeforeValidator:
    """Lets one word stand for the whole part where nothing else is said."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value,
        json_schema_input_type=str | part,
    )


class Purpose(Part):
    """Why something is held, in the customer's words."""

    why: Words = Field(description='Goes on after "We hold it": "to bring your orders to you".')
    basis: Basis = Field(description="The legal ground.")
    because: Words = Field(
        description='The ground in plain words, after "We may, because": "you ordered from us".'
    )
    use: str | None = Field(
        None, description="Fideslang data use, such as marketing.communications.email."
    )

    @property
    def is_marketing(self) -> bool:
        """May the customer stop it at any time, without a reason?"""
        return self.use is not None and (
            self.use == "marketing" or self.use.startswith("marketing.")
        )


class Retention(Part):
    """How long something is kept."""

    words: Words = Field(
        description='Goes on after "We keep it": "for ten years after the invoice".'
    )
    period: Period | None = Field(
        None, description="ISO 8601 (P10Y), counted from the table's counted_from."
    )


class Recipient(Part):
    """Somebody outside the company who receives data."""

    who: Words = Field(description='"the parcel service"')
    what_for: Words = Field(description='Goes on after the name: "so that it can deliver".')
    outside_europe: bool = False
    notify: str | None = Field(
        None,
        description="E-mail address that is told of corrections and deletions (GDPR Art. 19). "
        "Without one a person is asked to tell them.",
    )


class Correction(Part):
    """Something that a customer may have changed, wherever it is stored."""

    label: Words = Field(description='"your e-mail address"')
    kind: Literal["name", "email", "phone", "address", "date", "text"]
    needs: Literal["nothing", "new_code", "person"] = Field(
        "nothing",
        description="new_code: the new contact proves itself; person: an agent looks at it first.",
    )


class OnDelete(Part):
    """What becomes of a value when the customer deletes their data."""

    act: Literal["erase", "anonymise", "keep"]
    value: str | None = Field(
        None, description="anonymise: what stands there afterwards; empty for nothing."
    )
    until: Name | None = Field(
        None, description="keep: name of the retention at whose end it is erased."
    )
    because: Words | None = Field(None, description='keep: goes on after "because".')


class Stop(Part):
    """How a table is told that a use of the data ends, at once (GDPR Art. 7(3), 18, 21)."""

    on: list[Literal["restrict", "object", "withdraw_consent"]] = Field(min_length=1)
    purposes: list[Name] = Field(
        [], description="The purposes that end; empty: every use except storing it."
    )
    set: dict[Column, str | int | None] = Field(
        min_length=1,
        description="What is written into the subject's rows; `now` stands for the moment.",
    )
    only_where: dict[Column, str | int | None] = Field(
        {}, description="Rows that are changed at all, so that a second time changes nothing."
    )


class IdentityColumn(Part):
    """A column by which a person is found."""

    column: Column
    stored: Literal["as_typed", "clean"] = Field(
        "as_typed",
        description="clean: e-mail in lower case, phone as +4930…; a plain index is enough.",
    )
    confirmed: bool = Field(
        False,
        description="Customer number only: set by our own software, not by the person who writes.",
    )


class Identity(Part):
    """How the rows of a table belong to persons."""

    person: Literal["row", "contact"] = Field(
        description="row: each row is a person. contact: rows with the same contact are one person."
    )
    key: Column | None = Field(
        None, description="person row: the column that names the row for good."
    )
    customer_number: Annotated[IdentityColumn, _short("column", IdentityColumn)] | None = None
    email: Annotated[IdentityColumn, _short("column", IdentityColumn)] | None = None
    phone: Annotated[IdentityColumn, _short("column", IdentityColumn)] | None = None
    changed_at: Column | None = Field(
        None, description="When e-mail or phone last changed, in UTC."
    )

    def columns(self) -> list[str]:
        """Every column that is named here."""
        parts = (self.customer_number, self.email, self.phone)
        return [c for c in (self.key, self.changed_at, *(p.column for p in parts if p)) if c]


class Link(Part):
    """How the rows of a table belong to the rows of another one."""

    column: Column
    to: Annotated[str, StringConstraints(pattern=r"^[^.\s][^.]*\.[^.\s][^.]*$")] = Field(
        description="table.column"
    )
    also: dict[Column, Column] = Field(
        {},
        description="The other columns, where the key that it leads to has several: own column: theirs.",
    )

    @property
    def table(self) -> str:
        return self.to.split(".")[0]

    @property
    def target(self) -> str:
        return self.to.split(".")[1]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that name the other row, in the order of `targets`."""
        return (self.column, *self.also)

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns by which it is named there."""
        return (self.target, *self.also.values())


class FieldPart(Part):
    """One column that says something about a person."""

    label: Words = Field(description='In the customer\'s words: "your phone number".')
    category: str = Field(description="Key of the Fideslang taxonomy.")
    purpose: list[Name] = Field(min_length=1, description="Names of purposes. There is no default.")
    retention: Name | None = None
    recipients: list[Name] | None = None
    source: Words | None = Field(
        None, description='Goes on after "We have it": "from you, when you ordered".'
    )
    correct: str | None = Field(
        None, description="Name of a correction, for one of its parts name.part."
    )
    on_delete: Annotated[OnDelete, _short("act", OnDelete)] | None = None
    never_disclose: bool = Field(False, description="Named, never shown.")
    may_name_others: bool = Field(
        False,
        description="Free text in which other people may be named: somebody reads it before it leaves in a download, "
        "and nothing else shows it to the customer.",
    )
    given: bool = Field(
        True, description="Given by or observed of the person; false: worked out by us."
    )
    is_file: bool = Field(False, description="The column holds a file; it is attached, not shown.")
    shown_as: Literal["cents"] | None = Field(
        None, description="cents: stored as hundredths, so 24070 is shown as 240.70."
    )
    unit: Unit | None = Field(None, description='Follows the number where it is shown: "EUR".')
    means: dict[Annotated[str, StringConstraints(min_length=1, max_length=80)], Meaning] = Field(
        {},
        description="Stored values that only the software understands, each in the customer's words: "
        "{uk: Ukrainian}. In the download the JSON and CSV keep the stored value.",
    )


class Table(Part):
    """One table with data about persons; what it says holds for fields that say nothing else."""

    label: Words
    identity: Identity | None = None
    link: Link | None = None
    retention: Name
    counted_from: Column | None = None
    dated_by: Column | None = Field(
        None,
        description="When a row came to be: for date ranges and for "
        '"since". Without one counted_from is taken.',
    )
    bound: int = Field(
        1_000_000,
        ge=1,
        description="More rows of one person than this stop the work: a person looks first.",
    )
    without_it: Words | None = Field(
        None,
        description='What stops working once it is deleted, after "Then": '
        '"you can no longer sign in".',
    )
    count_as: Noun | None = Field(
        None,
        description='What one row and several rows are called when they are counted: "order|orders". '
        "A table without it that is linked to an order, a question or the like is told as part of that.",
    )
    stops: list[Stop] = []
    recipients: list[Name] = []
    source: Words
    on_delete: Annotated[OnDelete, _short("act", OnDelete)]
    technical: list[Column] = Field(
        [], description="Columns that say nothing about a person: keys, counters."
    )
    fields: dict[Column, FieldPart] = Field(min_length=1)

    def columns(self) -> list[str]:
        """Every column that the map mentions for this table, once."""
        named = [*self.fields, *self.technical]
        named += self.identity.columns() if self.identity else []
        named += self.link.columns if self.link else ()
        named += [c for c in (self.counted_from, self.dated_by) if c]
        for stop in self.stops:
            named += [*stop.set, *stop.only_where]
        return list(dict.fromkeys(named))


class SystemPart(Part):
    """What every system of the company has, however it is reached."""

    label: Words = Field(description='In the customer\'s words: "our shop".')
    needed: bool = Field(
        True, description="false: a search goes on without it while it cannot be reached."
    )
    tables: dict[TableName, Table] = Field(min_length=1)
    not_personal: dict[TableName, Words] = Field(
        {}, description="Tables without personal data, and what they hold."
    )

    def identities(self) -> Iterator[tuple[str, Identity]]:
        """The tables in which persons are found, in the order of the map."""
        for name, table in self.tables.items():
            if table.identity:
                yield name, table.identity


class System(SystemPart):
    """A SQL database."""

    kind: Literal["sql"]
    url: str = Field(
        repr=False, description="SQLAlchemy URL; {data_dir} and ${NAME} are filled in."
    )
    db_schema: Column | None = Field(
        None, description="Database schema of the tables, where it is not the default."
    )
    timeout_seconds: int = Field(3, ge=1, le=60)


class ManualSystem(SystemPart):
    """A place that only persons can look into: paper, a mailbox, a program without a door. Each request becomes a
    task; the tables describe what may be found there."""

    kind: Literal["manual"]
    needed: Literal[False] = False
    who: Words = Field(description='Who does it: "the warehouse team".')

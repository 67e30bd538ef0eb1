"""How a service that speaks JSON over HTTP is described: where it is, how it is asked, how its
answers are read.

Shapes only, and no secret: passwords and tokens are written as ${NAME} and filled in when the map
is loaded. `docs/http-systems.md` explains the words by an example.
"""

import re
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, StringConstraints

from privacy.datamap.parts import Column, Part, SystemPart, Table, TableName
from privacy.datamap.pointers import PATTERN, pointer_to

Pointer = Annotated[str, StringConstraints(pattern=PATTERN, max_length=200)]
Path = Annotated[str, StringConstraints(pattern=r"^/[^\s?#\\]*$", max_length=500)]
Secret = Annotated[str, Field(repr=False, min_length=1, description="Written as ${NAME}.")]
Status = Annotated[int, Field(ge=400, le=499)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")]

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+(?:\.[^{}]+)?)\}")
CONTACTS: Final = ("email", "phone", "customer_number")
GONE: Final = (404, 410)


class NoAuth(Part):
    """The service asks for nothing."""

    kind: Literal["none"] = "none"


class Bearer(Part):
    """A token in the header Authorization (RFC 6750)."""

    kind: Literal["bearer"]
    token: Secret


class HeaderKey(Part):
    """A key in a header of the service's own."""

    kind: Literal["header"]
    name: HeaderName
    value: Secret


class Basic(Part):
    """A name and a password (RFC 7617)."""

    kind: Literal["basic"]
    username: str
    password: Secret


class ClientCredentials(Part):
    """A token that is fetched first (RFC 6749, section 4.4)."""

    kind: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: Secret
    scope: str | None = None


type Auth = Annotated[
    NoAuth | Bearer | HeaderKey | Basic | ClientCredentials, Field(discriminator="kind")
]


class OnePage(Part):
    """Everything comes at once."""

    kind: Literal["none"] = "none"


class PageNumber(Part):
    """Pages are counted; an empty one is the last."""

    kind: Literal["page"]
    number: str = "page"
    size: str | None = None
    rows: int = Field(100, ge=1, le=10_000)
    first: int = Field(1, ge=0, le=1)
    total: Pointer | None = Field(
        None, description="How many rows there are: saves asking for the empty page."
    )


class Offset(Part):
    """Rows are counted; an empty page is the last."""

    kind: Literal["offset"]
    offset: str = "offset"
    limit: str | None = "limit"
    rows: int = Field(100, ge=1, le=10_000)
    total: Pointer | None = None


class Cursor(Part):
    """Each page tells how to ask for the next one: by a token, or with its whole address."""

    kind: Literal["cursor"]
    next: Pointer
    token: str | None = Field(
        None, description="The query's name for the token; without it `next` is an address."
    )


class LinkHeader(Part):
    """The header Link names the next page (RFC 8288)."""

    kind: Literal["link"]


type Paging = Annotated[
    OnePage | PageNumber | Offset | Cursor | LinkHeader, Field(discriminator="kind")
]


class Call(Part):
    """One thing that the service is asked. Placeholders in braces are filled in: {key} of the row,
    {parent.COLUMN} of the row it is linked to, {value.COLUMN} of the row itself."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Path
    query: dict[str, str] = {}
    body: JsonValue = None

    def placeholders(self) -> set[str]:
        """Everything that is to be filled in."""
        texts = [self.path, *self.query.values(), *_texts(self.body)]
        return {name for text in texts for name in PLACEHOLDER.findall(text)}

    def in_path(self) -> set[str]:
        """What is to be filled in to the path."""
        return set(PLACEHOLDER.findall(self.path))


class Read(Call):
    """Asks for rows: of whom, say its placeholders, one of {email}, {phone}, {customer_number}, {key}, or
    {parent.COLUMN}; without any it asks for every row."""

    method: Literal["GET", "POST"] = "GET"
    items: Pointer = Field("", description="Where the rows stand in the answer.")
    paging: Paging | None = Field(None, description="Where it is not the system's.")
    gone: list[Status] | None = Field(
        None,
        description="Statuses that mean: no such row. 404 and 410 where the path names the row.",
    )

    @property
    def nobody(self) -> tuple[int, ...]:
        """The statuses that mean: there is no such row."""
        if self.gone is not None:
            return tuple(self.gone)
        return GONE if self.in_path() else ()

    @property
    def asks_by(self) -> str:
        """email, phone, customer_number, key, parent, or "" for every row."""
        kinds = {name.split(".")[0] for name in self.placeholders()}
        return next(iter(kinds)) if len(kinds) == 1 else "?" if kinds else ""


class Change(Call):
    """Writes values into one row. Without a body the changed columns are sent, each at its place."""

    method: Literal["POST", "PUT", "PATCH"] = "PATCH"
    send: Literal["changes", "whole"] = Field(
        "changes",
        description="whole: the row as it was read, with the changes in it. In a body, {changes} stands for either.",
    )


class Erase(Call):
    """Removes one row."""

    method: Literal["DELETE", "POST", "PUT", "PATCH"] = "DELETE"
    gone: list[Status] = Field(list(GONE), description="Statuses that mean: it is gone already.")


class HttpTable(Table):
    """A resource of the service: rows, and what can be asked about them."""

    key: Column | None = Field(
        None, description="The column that names a row; the identity's key where nothing is said."
    )
    columns_at: dict[Column, Pointer] = Field(
        {}, description="Where a column stands in a row; otherwise it is a member of that name."
    )
    read: list[Read] = Field(min_length=1)
    correct: Change | None = None
    stop: Change | None = Field(None, description="correct, where nothing else is said.")
    erase: Erase | Literal["with_parent"] | None = Field(
        None, description="with_parent: the service removes it with the row it is linked to."
    )
    neutral: dict[Column, str | int | float | bool] = Field(
        {},
        description='What is written for "nothing" where the service takes no null; {key} is filled in.',
    )

    @property
    def row_key(self) -> str:
        """The column that names a row; "" where the map names none."""
        return self.key or (self.identity.key if self.identity else None) or ""

    def pointer(self, column: str) -> str:
        """Where a column stands in a row."""
        return self.columns_at.get(column, pointer_to(column))

    def reads_by(self, what: str) -> Read | None:
        """The first way to ask that fits."""
        return next((read for read in self.read if read.asks_by == what), None)


class HttpSystem(SystemPart):
    """A service that speaks JSON over HTTP."""

    kind: Literal["http"]
    base_url: str = Field(description="https://crm.example.com/api/v2")
    allow_private: bool = Field(
        False,
        description="The service is inside the company: private and loopback addresses are allowed, "
        "and http:// to them.",
    )
    auth: Auth = NoAuth()
    headers: dict[HeaderName, str] = Field({}, description="Sent with every question; no secrets.")
    timeout_seconds: int = Field(
        10, ge=1, le=120, description="For one question, with all its repetitions."
    )
    retries: int = Field(3, ge=0, le=10)
    requests_per_second: float = Field(10, gt=0, le=1000)
    max_bytes: int = Field(10_000_000, ge=1000, le=200_000_000, description="Of one answer.")
    max_pages: int = Field(10_000, ge=1, le=1_000_000, description="Of one list.")
    paging: Paging = OnePage()
    # A dict is invariant for mypy; a map is read only, so that narrower tables are safe.
    tables: dict[TableName, HttpTable] = Field(min_length=1)  # type: ignore[assignment]


def _texts(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []

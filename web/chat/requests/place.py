"""Which request and which page an address means."""

from dataclasses import dataclass
from typing import get_args

from starlette.requests import Request

from privacy.references import parse_reference
from web.chat.requests.views import Page
from web.problems import DoorProblem

PAGES: tuple[Page, ...] = get_args(Page)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a request."""

    reference: str
    page: Page

    @property
    def home(self) -> str:
        """The address of the request itself."""
        return f"/requests/{self.reference}"

    @property
    def path(self) -> str:
        """The address of the page."""
        return self.home if self.page == "status" else f"{self.home}/{self.page}"

    @property
    def door(self) -> str:
        """Where the forms of the door before this page are sent."""
        return f"{self.home}/{self.page}"

    @property
    def behind(self) -> str:
        """Where to go once the code was right: a file is never sent by an address alone."""
        return f"{self.home}/package" if self.page == "download" else self.path


def place_of(request: Request, page: str = "") -> Place:
    """The place that an address names; `page`, or the one in the address.

    Raises DoorProblem: what stands there is no reference (which tells nothing, its check symbol is public), or there
    is no such page.
    """
    wanted = page or request.path_params["page"]
    found = next((known for known in PAGES if known == wanted), None)
    if found is None:
        raise DoorProblem("not_found")
    reference = parse_reference(request.path_params["reference"])
    if reference is None:
        raise DoorProblem("no_reference")
    return Place(reference, found)

"""Goes from page to page: where the next one is, and when there is none.

A service that leads in circles or away from itself is refused; where it cannot say that a page is
the last, only an empty one is believed, since a short page may be short for other reasons.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from privacy.datamap.http_parts import Cursor, LinkHeader, Offset, PageNumber, Paging
from privacy.datamap.pointers import read_at, stands_at
from privacy.systems.http.exchange import Answer, Question, origin

_PARAMETER: Final = re.compile(r'\s*;\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"([^"]*)"|([^",;\s]+)))?')
_LINK: Final = re.compile(rf"<([^<>]*)>((?:{_PARAMETER.pattern})*)")
_UP: Final = re.compile(r"\.\.|%2e|%5c", re.IGNORECASE)


class LeadsAstray(Exception):
    """The next page is in another place, or one that was read before."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where paging stands: what is asked beyond the read itself, or the whole address of the page."""

    query: Mapping[str, str]
    target: str | None = None
    number: int = 0
    seen: int = 0  # rows so far


def first(paging: Paging) -> Page:
    """The first page."""
    return Page(_query(paging, Page({}, number=_start(paging))), number=_start(paging))


def following(
    paging: Paging, page: Page, question: Question, answer: Answer, rows: int, base_url: str
) -> Page | None:
    """The page after this one, None where it was the last. Raises LeadsAstray."""
    seen = page.seen + rows
    match paging:
        case PageNumber() | Offset():
            total = read_at(answer.json, paging.total) if paging.total else None
            if rows == 0 or (isinstance(total, int) and seen >= total):
                return None
            then = replace(page, number=page.number + 1, seen=seen)
            return replace(then, query=_query(paging, then))
        case Cursor():
            token = read_at(answer.json, paging.next)
            if token is None or token == "" or token is False:
                return None
            if not isinstance(token, str | int):
                raise LeadsAstray
            if paging.token is None:
                return Page({}, _same_place(str(token), question, base_url), seen=seen)
            if page.query.get(paging.token) == str(token):
                raise LeadsAstray
            return Page({paging.token: str(token)}, seen=seen)
        case LinkHeader():
            link = next_link(answer.headers.get("link", ""))
            if link is None:
                return None
            return Page({}, _same_place(link, question, base_url), seen=seen)
    return None


def next_link(header: str) -> str | None:
    """The address with the relation "next" in a header Link (RFC 8288)."""
    for link in _LINK.finditer(header):
        for name, quoted, bare in _PARAMETER.findall(link[2]):
            if name.lower() == "rel" and "next" in (quoted or bare).lower().split():
                return link[1]
    return None


def _same_place(link: str, question: Question, base_url: str) -> str:
    """Path and query of a link that stays within the described address."""
    scheme, host, port = origin(base_url)
    here = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{question.target}"
    try:
        there = urljoin(here, link)
        parts = urlsplit(there)
        base = urlsplit(base_url).path.rstrip("/") + "/"
        inside = origin(there) == (scheme, host, port) and parts.path.startswith(base)
    except ValueError:
        raise LeadsAstray from None
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    clean = target.isascii() and target.isprintable() and " " not in target
    if not inside or not clean or target == question.target or _UP.search(parts.path):
        raise LeadsAstray
    return target


def _start(paging: Paging) -> int:
    return paging.first if isinstance(paging, PageNumber) else 0


def _query(paging: Paging, page: Page) -> dict[str, str]:
    match paging:
        case PageNumber():
            size = {paging.size: str(paging.rows)} if paging.size else {}
            return {paging.number: str(page.number), **size}
        case Offset():
            size = {paging.limit: str(paging.rows)} if paging.limit else {}
            return {paging.offset: str(page.seen), **size}
    return {}


def rows_of(document: Any, pointer: str) -> list[dict[str, Any]] | None:
    """The rows in an answer: a list of objects, one object, or null for none.

    None where the answer says nothing there, which is no way to say that there are no rows.
    """
    if not stands_at(document, pointer):
        return None
    found = read_at(document, pointer)
    if found is None:
        return []
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        return found
    return None

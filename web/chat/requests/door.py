"""The door before a page: a contact, a code, then the page. The same for every reference, whether it exists or not.

It keeps nothing: what was sent and proven is in the database, and what was typed is shown again once, to be corrected.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from privacy.contacts import parse_contact
from privacy.errors import Problem
from privacy.references import parse_reference
from web.bodies import text_field
from web.chat import session_cookie as cookie
from web.chat import wording
from web.chat.requests.gate import Gate
from web.chat.requests.place import Place, place_of
from web.chat.requests.port import Requests
from web.chat.requests.sheets import Sheets
from web.chat.requests.views import Checked, Needs
from web.chat.talk import Session, clean

log = structlog.get_logger()

_LONGEST_CONTACT = 320  # RFC 5321: 64 and 255 characters, with the sign between them
_LONGEST_CODE = 64
NOTHING_YET = Needs("contact")


@dataclass(frozen=True)
class Told:
    """What the door tells this once, and the field that it is about."""

    words: str = ""
    about: str = ""  # reference | contact | code; empty: none of them
    contact: str = ""
    reference: str = ""
    status: int = 200
    problem: Problem | None = None


class Door:
    """Handlers of the door's forms, and the door itself for the pages behind it."""

    def __init__(self, requests: Requests, gate: Gate, sheets: Sheets, secure: bool) -> None:
        self._requests = requests
        self._gate = gate
        self._sheets = sheets
        self._secure = secure

    async def needs(self, session: Session, place: Place, *, quietly: bool = False) -> Needs:
        """What this browser must still prove for a page."""

        def ask() -> Needs:
            return self._requests.needs(
                session.conversation, place.reference, place.page, quietly=quietly
            )

        return await to_thread.run_sync(ask)

    def show(
        self,
        request: Request,
        session: Session | None,
        place: Place,
        needs: Needs,
        told: Told | None = None,
    ) -> Response:
        """The door."""
        told = told or Told()
        context = {"place": place, "needs": needs, "told": told}
        headers = self._sheets.headers_of(told.problem) if told.problem else {}
        headers.pop("WWW-Authenticate", None)
        status = 200 if told.status == 401 else told.status  # this page is where one signs in
        return self._sheets.show(request, "door", session, context, status, headers)

    def look_up(
        self, request: Request, session: Session | None, told: Told | None = None
    ) -> Response:
        """The page that asks for a reference and a contact."""
        told = told or Told()
        headers = self._sheets.headers_of(told.problem) if told.problem else {}
        headers.pop("WWW-Authenticate", None)
        return self._sheets.show(request, "look_up", session, {"told": told}, told.status, headers)

    async def find(self, request: Request) -> Response:
        """POST /requests: reference and contact at once."""
        fields = await self._gate.read(request)
        typed, contact = _typed(fields, "reference"), _typed(fields, "contact")
        reference = parse_reference(typed)
        if reference is None:
            told = self._wrong(request, "no_reference", "reference", contact, typed)
            return self.look_up(request, await self._gate.looking(request), told)
        place = Place(reference, "status")
        try:
            return await self._send(request, place, fields, contact)
        except Problem as problem:
            told = self._of(request, problem, "contact", contact, typed)
            return self.look_up(request, await self._gate.looking(request), told)

    async def send_code(self, request: Request) -> Response:
        """POST /requests/{reference}/{page}/contact: send a code."""
        place = place_of(request)
        fields = await self._gate.read(request)
        contact = _typed(fields, "contact")
        try:
            return await self._send(request, place, fields, contact)
        except Problem as problem:
            told = self._of(request, problem, "contact", contact)
            return await self._again(request, place, told, ask_contact=True)

    async def check_code(self, request: Request) -> Response:
        """POST /requests/{reference}/{page}/code: try a code."""
        place = place_of(request)
        fields = await self._gate.read(request)
        try:
            session, turn = await self._gate.acting(request, fields)
            text = clean(text_field(fields, "code"))[:_LONGEST_CODE]
            checked = await to_thread.run_sync(
                self._requests.check_code, session.conversation, session.token,
                place.reference, place.page, text, turn,
            )  # fmt: skip
        except Problem as problem:
            return await self._again(request, place, self._of(request, problem, "code"))
        log.info("code_checked_on_page", outcome=checked.outcome)
        if checked.outcome == "accepted":
            return self._in(place.behind, checked.new_token)
        token = checked.new_token or session.token
        response = await self._again(
            request, place, self._refused(request, checked), Session(session.conversation, token)
        )
        if checked.new_token:
            cookie.keep(response, checked.new_token, self._secure)
        return response

    async def resend(self, request: Request) -> Response:
        """POST /requests/{reference}/{page}/resend: a fresh code."""
        place = place_of(request)
        fields = await self._gate.read(request)
        try:
            session, turn = await self._gate.acting(request, fields)
            await to_thread.run_sync(
                self._requests.resend, session.conversation, place.reference, place.page, turn
            )
        except Problem as problem:
            return await self._again(request, place, self._of(request, problem, ""))
        told = Told(self._sheets.words(request, "requests_code_resent"))
        return await self._again(request, place, told, session)

    async def _send(
        self, request: Request, place: Place, fields: Mapping[str, str], typed: str
    ) -> Response:
        known = fields.get("known") == "1"
        contact = None if known else parse_contact(typed)
        if contact is None and not known:
            self._gate.stranger(request, fields)
            raise ContactUnread
        language = wording.preferred(request.headers.get("accept-language", ""))
        session, turn, is_new = await self._gate.beginning(request, fields, language)
        try:
            await to_thread.run_sync(
                self._requests.ask_code, session.conversation, place.reference, place.page,
                contact, turn, language,
            )  # fmt: skip
        except Problem as problem:
            told = self._of(request, problem, "contact", typed)
            response = await self._again(request, place, told, session, ask_contact=True)
            if is_new:
                cookie.keep(response, session.token, self._secure)
            return response
        # The mark tells a browser that keeps no cookie from one that does.
        return self._in(
            place.path + ("?begun=1" if is_new else ""), session.token if is_new else None
        )

    async def _again(
        self,
        request: Request,
        place: Place,
        told: Told,
        session: Session | None = None,
        *,
        ask_contact: bool = False,
    ) -> Response:
        session = session or await self._gate.looking(request)
        needs = NOTHING_YET if session is None else await self.needs(session, place)
        if needs.what == "nothing" or (ask_contact and needs.what == "code"):
            needs = Needs("contact", known_contact=needs.known_contact)
        return self.show(request, session, place, needs, told)

    def _in(self, path: str, token: str | None) -> Response:
        response = RedirectResponse(path, 303)
        if token:
            cookie.keep(response, token, self._secure)
        return response

    def _of(
        self, request: Request, problem: Problem, about: str, contact: str = "", reference: str = ""
    ) -> Told:
        return Told(
            self._sheets.words_of(request, problem),
            about if isinstance(problem, ContactUnread) else "",
            contact,
            reference,
            self._sheets.status_of(problem),
            problem,
        )

    def _wrong(
        self, request: Request, key: str, about: str, contact: str = "", reference: str = ""
    ) -> Told:
        words = self._sheets.words(request, f"requests_problem_{key}")
        return Told(words, about, contact, reference, 422)

    def _refused(self, request: Request, checked: Checked) -> Told:
        key = f"requests_code_{checked.outcome}"
        if checked.outcome == "wrong" and checked.tries_left == 1:
            key += "_last"
        words = self._sheets.words(request, key).replace("{tries}", str(checked.tries_left))
        if checked.outcome == "locked" and checked.again_at is not None:
            words = self._sheets.words(request, "requests_code_locked_until").replace(
                "{time}", self._sheets.moments(request).soon(checked.again_at)
            )
        about = "" if checked.outcome in ("locked", "none", "contact_changed") else "code"
        return Told(words, about, status=422)


class ContactUnread(Problem):
    """What was typed is neither an e-mail address nor a phone number."""

    code = "contact_unread"


def _typed(fields: Mapping[str, str], name: str) -> str:
    return clean(fields.get(name, ""))[:_LONGEST_CONTACT]

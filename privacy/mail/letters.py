"""The wording of mails and text messages: templates in, plain text out.

A template is `templates/<kind>/subject.txt` and `body.txt`, and `text.txt` for what goes to a phone; `templates/<kind>/<language>/…` takes
their place where it exists, else English goes out. Values are only ever data: a value prints on one
line, without control characters, unless the template says `| quoted`. Knows no address and no
database.
"""

import re
import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from privacy.mail.errors import UnknownLetter

# What a caller hands over for each kind. All may be "" where that is the truth; `company`, `origin`
# and `chat` are always there.
VALUES: Mapping[str, tuple[str, ...]] = {
    # purpose: an operation of policy.assurance, or a wish of the policy ("see your data");
    # until: "14:37"; minutes: "10"
    "code": ("code", "purpose", "minutes", "until"),
    # kind: the policy's wish ("see your data"); received, due: "Sunday 6 December 2026";
    # why: why this date; next: what happens next, in one or two sentences
    "request_received": ("reference", "kind", "received", "due", "why", "next"),
    "request_cancelled": ("reference", "kind", "cancelled"),
    # message: as the customer wrote it, any number of lines; answer_to: what they typed
    "message_for_agent": ("conversation", "channel", "message", "answer_to"),
    # name: of the agent, as the customer reads it; text: what they wrote, any number of lines
    "answer_from_person": ("name", "text"),
    "request_needs_person": ("reference", "kind", "reason", "due"),
    # found: "yes", or "" where nothing is held; link: the request's page. What is held is never in a mail.
    "data_found": ("reference", "kind", "found", "link"),
    # size: "1.2 MB"; until: "Tuesday 24 November 2026, 14:37"; downloads: "3"; link: the request's page
    "package_ready": ("reference", "kind", "size", "until", "downloads", "link"),
    # by: "customer" or "time"
    "package_removed": ("reference", "by"),
    # deleted, kept, by_hand: phrases of the plan, joined by ";"; until: the day; link: the request's page
    "deletion_scheduled": ("reference", "until", "deleted", "kept", "by_hand", "link"),
    # done: the day; recipients: who was told; vera: what we keep of the request itself
    "deletion_done": ("reference", "done", "deleted", "kept", "by_hand", "recipients", "vera"),
    # to a recipient of the map: wish: "delete data of a person"; asked: what to do; person: its contacts
    "recipient_told": ("reference", "wish", "asked", "person", "details"),
    # systems: names of those that cannot be reached ("our shop and support"); due: the date, unchanged
    "request_with_person": ("reference", "kind", "due"),
    "request_waiting": ("reference", "kind", "systems", "due"),
    # to the company: task: its id; reason: why a person is needed; system: its name in the data map, or ""
    "task_for_person": ("reference", "kind", "task", "reason", "system", "due"),
    # field: "your e-mail address"; letter_lines: "old → new (where)", contacts masked, one a line;
    # finished: "Saturday 21 November 2026"; told: who had received it, or ""
    "correction_done": ("reference", "field", "letter_lines", "finished", "told"),
    # to the old contact; what: "e-mail address"; old, new: masked; link: the page where they say that it was not them
    "contact_changed": ("reference", "what", "old", "new", "finished", "until", "link"),
    # why: as a person wrote it, whole sentences; made: systems in which the change was made all the same, or ""
    "correction_declined": ("reference", "kind", "why", "made"),
    # why, law: sentences and the law of the policy's reason; made: systems in which it was done all the same, or "";
    # authority, address: where to complain, as the policy says
    "request_refused": ("reference", "kind", "why", "law", "made", "authority", "address"),
    # was, due: the date before and the new one
    "request_extended": ("reference", "kind", "why", "law", "was", "due", "authority", "address"),
    # own: "yes" where it goes to a contact of this person alone; until: the last day to undo a deletion, or ""
    "identity_settled": ("reference", "kind", "due", "own", "until"),
    # at: "Saturday 21 November 2026, 11:04"; systems: one a line
    "stop_done": ("reference", "kind", "at", "systems", "told"),
}

TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 72
_LONGEST_VALUE = 20_000
_KIND = re.compile(r"[a-z_]{1,40}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# They turn the reading direction of what follows them, so that a text reads as what it is not.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's wording, ready to go."""

    subject: str
    body: str


class _Block(str):
    """Text that may print on several lines, because the template said so."""


class Letters:
    """Renders templates."""

    def __init__(self, templates: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=False,  # plain text: there is no markup that a value could open
            finalize=lambda value: value if isinstance(value, _Block) else _one_line(str(value)),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["quoted"] = _quoted

    def write(self, kind: str, language: str, values: Mapping[str, str]) -> Letter:
        """The wording of one mail.

        Raises UnknownLetter; jinja2.UndefinedError where a value is missing.
        """
        clean = {name: _clean(value) for name, value in values.items()}
        subject = self._render(kind, language, "subject.txt", clean)
        body = self._render(kind, language, "body.txt", clean)
        return Letter(_one_line(subject), _laid_out(body))

    def write_text(self, kind: str, language: str, values: Mapping[str, str]) -> Letter:
        """The wording of one text message: a body in one paragraph, no subject. Raises as `write`."""
        clean = {name: _clean(value) for name, value in values.items()}
        return Letter("", _one_line(self._render(kind, language, "text.txt", clean)))

    def _render(self, kind: str, language: str, part: str, values: Mapping[str, str]) -> str:
        if _KIND.fullmatch(kind) is None:
            raise UnknownLetter(f"no template for mails of kind {kind!r}")
        folders = [f"{kind}/{tag}" for tag in _tags(language)] + [kind]
        try:
            template = self._environment.select_template([f"{folder}/{part}" for folder in folders])
        except TemplateNotFound:
            raise UnknownLetter(f"no template for mails of kind {kind!r}") from None
        return template.render(values)


def _tags(language: str) -> list[str]:
    """ "de-at" before "de"; none where the text is no language tag (it names a folder)."""
    tag = language.lower().replace("_", "-")
    if _LANGUAGE.fullmatch(tag) is None:
        return []
    parts = tag.split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _clean(value: str) -> str:
    lines = _LINE_ENDS.sub("\n", value[:_LONGEST_VALUE]).replace("\t", " ")
    return "".join(
        letter
        for letter in lines
        if letter == "\n"
        or (letter not in _OVERRIDES and unicodedata.category(letter) not in ("Cc", "Cs"))
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> _Block:
    lines: list[str] = []
    for line in text.strip("\n").split("\n"):
        lines += textwrap.wrap(line, _WIDTH - 2) or [""]
    return _Block("\n".join(f"> {line}".rstrip() for line in lines))


def _laid_out(body: str) -> str:
    """Lines of at most 72 characters (a link stays whole), never two empty lines in a row.

    A line that goes on in the next one ends with a space: format=flowed (RFC 3676), so that a
    narrow screen breaks the paragraph anew, and any other shows it as it stands.
    """
    lines: list[str] = []
    for line in body.strip("\n").split("\n"):
        if len(line) <= _WIDTH or line.startswith(">"):
            lines.append(line.rstrip())
        else:
            parts = textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
            # A part that begins with ">" would read as a quotation: the format puts a space first.
            stuffed = [f" {part}" if part.startswith(">") else part for part in parts]
            lines += [*(f"{part} " for part in stuffed[:-1]), stuffed[-1]]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"

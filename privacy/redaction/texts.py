"""Values that are never shown, found inside free text and replaced by a statement that we hold them (S-28).

What is found: account and card numbers by their own checks, identity numbers by their shape and check or by
the word before them, secrets by the word before them, and whatever was read from the subject's own fields
that are never shown. It knows how such values look, not whose they are. Every pattern is bounded: the work
grows with the text, never faster.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Set
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from privacy.redaction.checks import iban_length, is_card, is_iban, is_identity_number
from privacy.redaction.known import KnownValues

BANK: Final = "a bank account number"
CARD: Final = "a payment card number"
IDENTITY: Final = "an identity number"
HEALTH: Final = "a health number"
SECRET: Final = "a password"
OTHER: Final = "a value that is never shown"

STATEMENT_ENDS: Final = " that we hold]"
LATER: Final = "[a text that we show once all our systems can be reached]"

_SHORT: Final = 80  # texts up to this length come again and again: a status, an article, a town
# Signs of the category Cf (Unicode 15): they are not seen, and not part of what is written.
_INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
_TOKEN = re.compile(r"[^\W_]+")
_GAP: Final = 3  # signs between the parts of one value: "DE02 - 1203"
_PARTS: Final = 20  # of one value
_LENGTHS: Final = frozenset({9, *range(11, 35)})  # of the numbers that are told by their own check

# A cheap look first: most texts hold nothing of the kind. ASCII is looked at in small letters, in which Python
# finds the beginnings of words many times as fast.
_WORDS = (
    r"pass|kennwort|pwd|pin\b|secret|cv[cv]|contrase|konto|account|sort code|routing"
    r"|ssn|social|licen[cs]e|ausweis|identity|insurance|versicher|nhs|medical|steuer|tax|bsn|pesel|aadhaar"
)
_SUSPECT = re.compile(
    r"\d(?:[ .\-/\u2010-\u2015]{0,2}\d){7}|[a-z]{2}\d{2}|[a-z]\d{7}|[a-z]{2} ?\d\d ?\d\d ?\d\d ?[a-d]"
    rf"|{_WORDS}",
    re.IGNORECASE,
)
_ASCII_WORDS = re.compile(_WORDS)
_ASCII_DIGIT = re.compile(r"[0-9]")
_ASCII_NUMBERS = (
    re.compile(r"[0-9](?:[ .\-/]{0,2}[0-9]){7}"),
    re.compile(r"[a-z](?:[0-9]{7}|[a-z](?:[0-9]{2}| [0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]))"),
)
# How databases write a moment. Its figures may add up like those of a card, and are none.
_MOMENT = re.compile(
    r"[12]\d{3}-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-][0-2]\d:?[0-5]\d)?)?",
    re.ASCII,
)
_SAID = r"(?:\s{0,3}(?:number|no\b\.?|nr\b\.?|nummer|#|is|ist|was|lautet|:|=)){0,4}[\s\"':=]{0,4}"
_VALUE = r"(?P<value>[^\W_](?:[ \-./]?[^\W_]){3,33})(?![^\W_])"
_DIGITS = r"(?P<value>\d(?:[ \-./]?\d){3,17})(?!\d)"

# A word that says what follows; what follows has digits.
_NAMED: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (what, re.compile(rf"(?<![^\W_])(?:{words}){_SAID}{value}", re.IGNORECASE))
    for what, words, value in (
        (BANK, r"bank account|kontonummer|konto-?nr\.?|sort code|bankleitzahl|blz|routing", _DIGITS),
        (IDENTITY, r"ssn|social security|itin|tax id|steuer-?id\w{0,24}|steueridentifikations\w{0,8}"
                   r"|bsn|burgerservicenummer|pesel|aadhaar|sozialversicherungs\w{0,8}", _DIGITS),
        (IDENTITY, r"passport|reisepass|personalausweis|identity card|id card|ausweis|driv(?:er'?s|ing) licen[cs]e"
                   r"|f\u00fchrerschein", r"(?P<value>[^\W_]{5,14})(?![^\W_])"),
        (HEALTH, r"nhs|health insurance|medical record|krankenversicher\w{0,12}|versicherten\w{0,8}|medicare"
                 r"|patient id", r"(?P<value>[^\W_](?:[ \-]?[^\W_]){4,15})(?![^\W_])"),
        (CARD, r"cv[cv]2?|card verification|security code on the back", r"(?P<value>\d{3,4})(?!\d)"),
        (SECRET, r"pin|pin code|pin-?nummer", r"(?P<value>\d{4,8})(?!\d)"),
    )
)  # fmt: skip
# After ":" or "=" anything is the secret; after "is" only what does not read as a word of the sentence.
_SECRET_WORD = (
    r"(?<![^\W_])(?:pass(?:word|code|phrase|wort)|passwd|pwd|kennwort|mot de passe|contrase\u00f1a"
    r"|secret(?: answer)?|security answer)s?[\"']?"
)
_SECRETS: Final = (
    re.compile(rf"{_SECRET_WORD}\s{{0,3}}[:=]\s{{0,3}}(?P<q>[\"'])(?P<value>[^\"'\n]{{1,100}})(?P=q)", re.IGNORECASE),
    re.compile(rf"{_SECRET_WORD}\s{{0,3}}[:=]\s{{0,3}}(?P<value>[^\s\"',;]{{2,100}})", re.IGNORECASE),
    re.compile(rf"{_SECRET_WORD} (?:is|ist|was|lautet)\s{{1,3}}[\"'](?P<value>[^\"'\n]{{1,100}})[\"']", re.IGNORECASE),
    re.compile(
        rf"{_SECRET_WORD} (?:is|ist|was|lautet)\s{{1,3}}"
        r"(?P<value>(?=[^\s]{0,60}[\d!#$%&*+@^_])[^\s\"',;]{4,100})",
        re.IGNORECASE,
    ),
)  # fmt: skip


class Span(NamedTuple):
    """A place in a text, and what stands there."""

    start: int
    end: int
    what: str


class _Token(NamedTuple):
    start: int
    end: int
    text: str


class Redaction:
    """Takes out of texts what is never shown; `known` is what the subject's own fields hold."""

    def __init__(self, known: KnownValues | None = None, *, is_whole: bool = True) -> None:
        """`is_whole` false: not all of the subject's never-shown values could be read, so longer texts wait."""
        self._known = known or KnownValues()
        self._is_whole = is_whole
        # Of this object, so that what it remembers goes with it.
        self._again: Callable[[str], str] = lru_cache(maxsize=4096)(self._clean)

    def text(self, text: str) -> str:
        """The text with "[a bank account number that we hold]" in place of each such value."""
        if len(text) <= _SHORT:
            return self._again(text)
        return self._clean(text) if self._is_whole else LATER

    def is_clean(self, text: str) -> bool:
        """Does nothing have to be taken out?"""
        return self.text(text) == text

    def _clean(self, text: str) -> str:
        if len(text) < 4 or (not self._known and text.isascii() and not _is_suspect(text)):
            return text
        folded, places = _fold(text)
        spans = [*self._found_known(folded)]
        if _is_suspect(folded):
            spans += [*_accounts_and_ids(folded), *_named(folded)]
        return _replaced(text, places, spans) if spans else text

    def _found_known(self, folded: str) -> Iterator[Span]:
        if not self._known:
            return
        for start, end, joined in _runs(folded, self._known.lengths or _LENGTHS):
            if (what := self._known.what(joined)) is not None:
                yield Span(start, end, what)
        for odd, what in self._known.odd:
            at = folded.find(odd)
            while at >= 0:
                yield Span(at, at + len(odd), what)
                at = folded.find(odd, at + len(odd))


def statement(what: str) -> str:
    """What stands in place of a value."""
    return f"[{what}{STATEMENT_ENDS}"


def _is_suspect(folded: str) -> bool:
    """May anything be found in it that is told by its looks?"""
    if not folded.isascii():
        return _SUSPECT.search(folded) is not None
    small = folded.lower()
    if _ASCII_WORDS.search(small):
        return True
    if not _ASCII_DIGIT.search(small) or _MOMENT.fullmatch(folded):
        return False
    return any(pattern.search(small) for pattern in _ASCII_NUMBERS)


def _accounts_and_ids(folded: str) -> Iterator[Span]:
    for start, end, joined in _runs(folded, _LENGTHS):
        if len(joined) == iban_length(joined) and is_iban(joined):
            yield Span(start, end, BANK)
        elif is_card(joined) and not folded[max(0, start - 2) : start].rstrip(" ").endswith("+"):
            yield Span(start, end, CARD)
        elif is_identity_number(joined, folded[start:end]):
            yield Span(start, end, IDENTITY)


def _named(folded: str) -> Iterator[Span]:
    for what, pattern in _NAMED:
        for match in pattern.finditer(folded):
            if any(letter.isdigit() for letter in match["value"]):
                yield Span(*match.span("value"), what)
    for pattern in _SECRETS:
        for match in pattern.finditer(folded):
            if not match["value"].startswith("["):
                yield Span(*match.span("value"), SECRET)


def _runs(folded: str, lengths: Set[int]) -> Iterator[tuple[int, int, str]]:
    """Every run of neighbouring words and numbers of such a length: place, and the signs without gaps."""
    if len(folded) < min(lengths):
        return
    longest = max(lengths)
    tokens = [_Token(m.start(), m.end(), m[0].casefold()) for m in _TOKEN.finditer(folded)]
    whole = "".join(token.text for token in tokens)
    begins = [0, *accumulate(len(token.text) for token in tokens)]
    for first, token in enumerate(tokens):
        before = token.start
        for last in range(first, min(first + _PARTS, len(tokens))):
            part = tokens[last]
            length = begins[last + 1] - begins[first]
            if length > longest or part.start - before > _GAP:
                break
            before = part.end
            if length in lengths:
                yield token.start, before, whole[begins[first] : begins[last + 1]]


def _fold(text: str) -> tuple[str, list[int] | None]:
    """The text with full-width and styled signs as plain ones and nothing invisible; where each comes from."""
    if text.isascii() or (
        unicodedata.is_normalized("NFKC", text) and _INVISIBLE.search(text) is None
    ):
        return text, None
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter.isascii():
            letters.append(letter)
            places.append(place)
        elif unicodedata.category(letter) != "Cf":
            plain = unicodedata.normalize("NFKC", letter)[:8]
            letters += plain
            places += [place] * len(plain)
    return "".join(letters), places


def _replaced(text: str, places: list[int] | None, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    done = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        start, end = (
            (span.start, span.end)
            if places is None
            else (places[span.start], places[span.end - 1] + 1)
        )
        if start < done:
            if end <= done:
                continue
            start = done  # overlaps the one before: its rest goes too, without a second statement
        else:
            parts += [text[done:start], statement(span.what)]
        done = end
    return "".join([*parts, text[done:]])


__all__ = ["BANK", "CARD", "HEALTH", "IDENTITY", "LATER", "OTHER", "SECRET", "STATEMENT_ENDS", "KnownValues", "Redaction", "statement"]  # fmt: skip

"""One line with a postal address taken apart, as it is written in Europe, the UK, North America and wherever
the code stands beside the town.

Pure. It gives up rather than guess: half an address in the wrong columns sends a parcel away.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import phonenumbers

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "fi", "ru")
_ALSO = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "u.k.": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US",
    "united states of america": "US", "holland": "NL", "the netherlands": "NL", "brd": "DE", "czechia": "CZ",
    "österreich": "AT", "schweiz": "CH", "suisse": "CH", "svizzera": "CH",
}  # fmt: skip

_UK = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_CANADA = r"[A-Z]\d[A-Z] ?\d[A-Z]\d"
_DUTCH = r"\d{4} ?[A-Z]{2}"
_IRISH = r"[A-Z]\d[\dW] ?[A-Z\d]{4}"
_STATE = r"[A-Z]{2,3}"
_ZIP = r"\d{5}(?:-\d{4})?"
_DIGITS = r"\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{3}-\d{4}|\d{4,6}"
_ANY = rf"(?:{_UK}|{_CANADA}|{_DUTCH}|{_IRISH}|{_ZIP}|(?:[A-Z]{{1,2}}[- ])?(?:{_DIGITS}))"
_TOWN = r"[^\d,]*[^\W\d][^,]{0,80}"

_CODE = re.compile(_ANY, re.IGNORECASE)
_CODE_TOWN = re.compile(rf"(?P<code>{_ANY})\s+(?P<town>{_TOWN})")
_STATE_CODE = re.compile(rf"(?P<state>{_STATE})\.?\s+(?P<code>{_ZIP}|{_CANADA})", re.IGNORECASE)
_TOWN_STATE_CODE = re.compile(
    rf"(?P<town>{_TOWN}?)\s+(?P<state>{_STATE})\s+(?P<code>{_ZIP}|{_CANADA})"
)
_TOWN_CODE = re.compile(
    rf"(?P<town>[^\W\d][^,\d]{{0,80}}?)\s+(?P<code>{_UK}|{_IRISH}|{_ZIP}|{_DIGITS})", re.IGNORECASE
)
_ONLY_TOWN = re.compile(_TOWN)
_ONE_PIECE = re.compile(
    rf"(?P<street>.*[^\W\d].*\S)\s+(?P<rest>(?:[A-Z]{{1,2}}-)?(?:\d{{5}}|{_DUTCH}|\d{{4}})\s+[^\W\d].*)"
)


@dataclass(frozen=True, slots=True)
class Postal:
    """The parts of one address; `country` as it was typed, with its ISO 3166 code, or "" for both."""

    street: str
    postal_code: str
    city: str
    state: str = ""
    country: str = ""
    country_code: str = ""
    town_first: bool = False

    def __repr__(self) -> str:
        return f"Postal({self.country_code})"

    def line(self) -> str:
        """On one line, in the order of its country."""
        town = (
            " ".join(
                p
                for p in (f"{self.city},{' ' + self.state if self.state else ''}", self.postal_code)
                if p
            )
            if self.town_first
            else f"{self.postal_code} {self.city}"
        )
        return ", ".join(p for p in (self.street, town, self.country) if p)


def read_postal(text: str) -> Postal | None:
    """The address that a text is; None where it cannot be taken apart without guessing."""
    found = _read(text)
    # What reads otherwise once it is written down was a guess.
    return found if found is not None and _read(found.line()) == found else None


def _read(text: str) -> Postal | None:
    pieces = [
        piece
        for raw in re.split(r"[,;\r\n]+", unicodedata.normalize("NFC", text[:400]))
        if (piece := " ".join(raw.split()))
    ]
    country, code = "", ""
    if len(pieces) > 1 and (code := _country_code(pieces[-1])):
        country = pieces.pop()
    elif len(pieces) == 1 and (match := _ONE_PIECE.fullmatch(pieces[0])):
        pieces = [match["street"], match["rest"]]
    found = _town(pieces)
    if found is None:
        return None
    street, city, state, postal_code, town_first = found
    if not any(c.isalpha() for c in street) or _ONLY_TOWN.fullmatch(city) is None:
        return None
    if country == country.lower() and country:
        country = country.upper() if len(country) <= 3 else country.title()
    # "D-10115": the letters are the country's, from before there were columns for it.
    bare = re.sub(r"^[A-Z]{1,2}[- ](?=\d{4,5}$)", "", postal_code.upper())
    return Postal(street, bare, city, state.upper(), country, code, town_first)


def _town(pieces: list[str]) -> tuple[str, str, str, str, bool] | None:
    """Street, town, state, code, and whether the town stands first: from the last piece that tells."""
    for at in range(len(pieces) - 1, 0, -1):
        before, piece = pieces[:at], pieces[at]
        street = ", ".join(before)
        if match := _CODE_TOWN.fullmatch(piece):
            return street, match["town"], "", match["code"], False
        if len(before) > 1 and (match := _STATE_CODE.fullmatch(piece)):
            return ", ".join(before[:-1]), before[-1], match["state"], match["code"], True
        if match := _TOWN_STATE_CODE.fullmatch(piece):
            return street, match["town"].rstrip(), match["state"], match["code"], True
        if match := _TOWN_CODE.fullmatch(piece):
            return street, match["town"], "", match["code"], True
        if _CODE.fullmatch(piece):
            if at + 1 < len(pieces):  # "…, 10115, Berlin"
                return street, pieces[at + 1], "", piece, False
            if len(before) > 1:  # "…, Leeds, LS1 4AP"
                return ", ".join(before[:-1]), before[-1], "", piece, True
    return None


def _country_code(text: str) -> str:
    if any(letter.isdigit() for letter in text):
        return ""  # a town with its code: no country has a number in its name
    name = text.strip(" .").casefold()
    return _names().get(name) or _names().get(text.casefold()) or ""


@cache
def _names() -> dict[str, str]:
    """Country names in a few languages, and ISO codes, to ISO codes."""
    names: dict[str, str] = {}
    for code, by_language in _in_all_languages().items():
        if len(code) != 2:
            continue
        names[code.casefold()] = code
        for language in _LANGUAGES:
            said = by_language.get(language, "")
            while said.startswith("*"):  # "as in that other language"
                said = by_language.get(said[1:], "")
            if said:
                names[said.casefold()] = code
    return names | _ALSO


def _in_all_languages() -> Mapping[str, Mapping[str, str]]:
    """What `phonenumbers` knows of countries' names, let go of once they are read.

    Its file is read by itself: importing it brings every place on earth along, seconds and 190 MiB.
    """
    file = Path(phonenumbers.__file__).with_name("geodata") / "locale.py"
    spec = spec_from_file_location("phonenumbers.geodata.locale", file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    names: Mapping[str, Mapping[str, str]] = module.LOCALE_DATA
    return names

"""References of requests, `PR-XXXX-XXXX`: made by chance, checked, and found in what people type.

Eight symbols of Crockford's base 32 (no I, L, O, U). Seven come from `secrets`: 35 bits, and even a
known reference shows nothing without a code. The eighth is a check symbol by Damm's algorithm over
the field GF(32), x^5 + x^2 + 1: the k-th symbol from the end weighs 2^k there, the weights of all
eight differ and none is zero, so every single wrong symbol and every swap of two symbols,
neighbours or not, is caught (Luhn mod 32 would miss 0 beside Z swapped). Knows no request.
"""

import re
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_FIELD = 0b100101  # x^5 + x^2 + 1
_SYMBOLS = 8

_SYMBOL = "[0-9A-HJ-NP-TV-ZIO]"  # as typed: I and L are read as 1, O as 0; U is in no reference
_GAP = r"[\s\-._/:#]{0,3}"
_BODY = rf"{_SYMBOL}(?:{_GAP}{_SYMBOL}){{{_SYMBOLS - 1}}}"
_WHOLE = re.compile(rf"[\W_]*(?:PR{_GAP})?({_BODY})[\W_]*")
_PREFIXED = re.compile(rf"(?<![^\W_])PR({_GAP})({_BODY})(?![^\W_])")
_BARE = re.compile(rf"(?<![^\W_])({_SYMBOL}{{4}})[\s\-._]{{0,2}}({_SYMBOL}{{4}})(?![^\W_])")
_MISREAD = str.maketrans("OIL", "011")


def new_reference() -> str:
    """A fresh reference that nobody can guess."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_SYMBOLS - 1))
    return _written(body + check_symbol(body))


def check_symbol(body: str) -> str:
    """The symbol that makes `body` (symbols of the alphabet) whole."""
    return ALPHABET[_remainder(body)]


def parse_reference(text: str) -> str | None:
    """The reference that the whole of `text` is, however it was typed; None if it is none."""
    match = _WHOLE.fullmatch(_plain(text)) if len(text) <= 64 else None
    return _checked(match[1]) if match else None


def find_reference(text: str) -> str | None:
    """The first reference inside a sentence, as `find_references` reads it."""
    found = find_references(text)
    return found[0][2] if found else None


def find_references(text: str) -> list[tuple[int, int, str]]:
    """Every reference inside a sentence, as (start, end, reference) in the order of the text.

    Without the letters PR, or without a gap that shows it is no word, a candidate needs both a
    letter and a digit: "prohibited" and "20261121" are not references.
    """
    plain, places = _plain_with_places(text)
    found: list[tuple[int, int, str]] = []
    for match in _PREFIXED.finditer(plain):
        if (match[1] or _mixed(match[2])) and (reference := _checked(match[2])):
            found.append((match.start(), match.end(), reference))
    for match in _BARE.finditer(plain):
        body = match[1] + match[2]
        apart = all(match.end() <= start or end <= match.start() for start, end, _ in found)
        if apart and _mixed(body) and (reference := _checked(body)):
            found.append((match.start(), match.end(), reference))
    return [
        (places[start], places[end - 1] + 1, reference) for start, end, reference in sorted(found)
    ]


def _checked(typed: str) -> str | None:
    symbols = "".join(c for c in typed if c.isalnum()).translate(_MISREAD)
    return _written(symbols) if _remainder(symbols) == 0 else None


def _remainder(symbols: str) -> int:
    """Damm: each symbol is added and the sum doubled; 0 for a reference with its check symbol."""
    sum_ = 0
    for symbol in symbols:
        sum_ = (sum_ ^ _VALUES[symbol]) << 1
        if sum_ > 31:
            sum_ ^= _FIELD
    return sum_


def _mixed(typed: str) -> bool:
    return any(c.isdigit() for c in typed) and any(c.isalpha() for c in typed)


def _plain(text: str) -> str:
    """Capitals and digits as ASCII has them, every dash a hyphen, nothing invisible."""
    return _plain_with_places(text)[0]


def _plain_with_places(text: str) -> tuple[str, list[int]]:
    """The same, and for each of its characters the place in `text` that it comes from."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for c in unicodedata.normalize("NFKC", letter):
            if unicodedata.category(c) == "Cf":
                continue
            if unicodedata.category(c) == "Pd" or c == "\N{MINUS SIGN}":
                c = "-"
            # Only ASCII letters are raised: "ß" would become two.
            letters.append(c.upper() if c.isascii() else c)
            places.append(place)
    return "".join(letters), places


def _written(symbols: str) -> str:
    return f"PR-{symbols[:4]}-{symbols[4:]}"

"""What a one-time code looks like when a person types it, and the assurance levels.

A rule: it turns a message into the digits that may be tried, or says why it is none. It does not know any
code, and it never guesses: a date, a phone number or an amount must not cost a customer one of few tries.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Literal

MAX_TYPED = 64
# A contact that was changed less long ago cannot prove level 2 alone.
CONTACT_SETTLES_AFTER = timedelta(days=30)


class Level(IntEnum):
    """How sure the house must be who asks; which operation needs which is data (`policy.yml`)."""

    NOBODY = 0  # opt-outs and questions
    CODE = 1  # one code in this conversation
    FRESH_CODE = 2  # a code for this very act


@dataclass(frozen=True)
class Reading:
    """What was typed: `code` with its digits, or why it is none."""

    kind: Literal["code", "not_a_code", "looks_like_date", "wrong_length"]
    code: str = field(default="", repr=False)
    length: int = 0  # digits seen, for `wrong_length`


NOT_A_CODE = Reading("not_a_code")
_DATE = Reading("looks_like_date")

_GAP = r"[ \t\n.,_·\u2010-\u2015\u2212-]{0,3}"
_RUN = re.compile(rf"(?<![\w/+])\d(?:{_GAP}\d)*(?![\w/])")
_LOOKALIKE = str.maketrans("OoIl|", "00111")
_CODE_WORD = re.compile(
    r"\b(?:code|codes|pin|otp|passcode|kod|kode|código|codigo|codice|koodi)\b", re.IGNORECASE
)
_REFUSAL = re.compile(
    r"n['’]t\b|\b(?:not|no|never|wrong|expired|invalid|old|another|new|fail(?:s|ed)?|didnt|doesnt|isnt|wont|cant|"
    r"nicht|kein|falsch|abgelaufen|pas|niet)\b",
    re.IGNORECASE,
)
# Words that people put around a code; any other word means that the digits are about something else.
_AROUND_WORDS = """
    a the this that thats is it its it's was my your i me you im i'm got get have has had here heres here's says said say
    reads what mail email e mails sent number numbers digits following one hi hello hey ok okay so well yes yep sure thanks
    thank and from in got received think enter typing typed try verification security confirmation one-time time
    der die das ist mein lautet hier le la c'est est voici mon es mi to het mijn jest il mio è
"""
_AROUND = frozenset(_AROUND_WORDS.split())
_DIGIT_WORDS = {
    word: str(digit)
    for digit, words in enumerate(
        (
            "zero oh null nul zéro cero zero",
            "one eins één un uno jeden",
            "two zwei zwo twee deux dos dwa",
            "three drei drie trois tres trzy",
            "four vier quatre cuatro cztery",
            "five fünf vijf cinq cinco pięć",
            "six sechs zes six seis sześć",
            "seven sieben zeven sept siete siedem",
            "eight acht huit ocho osiem",
            "nine neun negen neuf nueve dziewięć",
        )
    )
    for word in words.split()
}
_TIMES = {"double": 2, "triple": 3, "treble": 3}


def read_code(text: str, digits: int = 6) -> Reading:
    """Read a code of `digits` digits out of what a customer typed while one is awaited."""
    if len(text) > MAX_TYPED:
        return NOT_A_CODE
    plain = _plain(text)
    if not any(c.isdigit() for c in plain):
        return _read_words(plain, digits)
    token = plain.strip(" .,;:!?/\"'`()[]<>{}#*“”‘’«»„\n\t")
    if (
        re.fullmatch(rf"[\dOoIl|](?:{_GAP}[\dOoIl|])*", token)
        and sum(c.isdigit() for c in token) * 2 >= digits
    ):
        return _read_run(token.translate(_LOOKALIKE), digits, said_code=False)
    return _read_sentence(plain, digits)


def find_codes(text: str, digits: int = 6) -> list[tuple[int, int]]:
    """Where something stands in `text` that could be a code: to keep it from going further, not to try it."""
    spans: list[tuple[int, int]] = []
    run: list[int] = []
    for position, letter in enumerate(text):
        if _digit(letter) is not None:
            if run and position - run[-1] > 4:
                spans += _pieces(run, digits)
                run = []
            run.append(position)
        elif letter.isalnum():
            spans += _pieces(run, digits)
            run = []
    return spans + _pieces(run, digits)


def _pieces(run: list[int], digits: int) -> list[tuple[int, int]]:
    """A run of digits with gaps between them: all of it when it is a code, else each unbroken part that is one."""
    if len(run) == digits:
        return [(run[0], run[-1] + 1)]
    parts: list[list[int]] = []
    for position in run:
        if parts and parts[-1][-1] == position - 1:
            parts[-1].append(position)
        else:
            parts.append([position])
    return [(part[0], part[-1] + 1) for part in parts if len(part) == digits]


def _plain(text: str) -> str:
    """Compatibility form, ASCII digits, no invisible characters."""
    folded = unicodedata.normalize("NFKC", text)
    return (
        "".join(_digit(c) or c for c in folded if unicodedata.category(c) != "Cf")
        .replace("\u00a0", " ")
        .strip()
    )


def _digit(letter: str) -> str | None:
    value = unicodedata.digit(letter, None) if letter.isdigit() else None
    return None if value is None else str(value)


def _read_sentence(plain: str, digits: int) -> Reading:
    runs = list(_RUN.finditer(plain))
    said_code = _CODE_WORD.search(plain) is not None
    if re.search(r"\d\s?/\s?\d", plain):
        return _DATE if _is_date(re.sub(r"[^\d/]", "", plain)) else NOT_A_CODE
    if len(runs) != 1 or _REFUSAL.search(plain):
        return NOT_A_CODE
    words = re.findall(
        r"[^\W\d_]+(?:['’-][^\W\d_]+)*", plain[: runs[0].start()] + " " + plain[runs[0].end() :]
    )
    if re.search(r"[@€$£¥+/%]", plain) or not all(
        word.lower().replace("’", "'") in _AROUND or _CODE_WORD.fullmatch(word) for word in words
    ):
        return NOT_A_CODE
    return _read_run(runs[0][0], digits, said_code=said_code)


def _read_run(run: str, digits: int, *, said_code: bool) -> Reading:
    found = "".join(c for c in run if c.isdigit())
    groups = re.findall(r"\d+", run)
    if len(groups) > 1 and not said_code and _is_date("/".join(groups)):
        return _DATE
    if len(found) == digits:
        return Reading("code", code=found)
    if _is_date("/".join(groups)) or (
        len(groups) == 1 and len(found) == 8 and _is_compact_date(found)
    ):
        return _DATE
    if len(found) > digits + 3 or len(found) < 3:
        return NOT_A_CODE  # a phone or account number, or a choice from a list
    return Reading("wrong_length", length=len(found))


def _is_date(numbers: str) -> bool:
    """Day, month and year in one of the orders that people write; a two-digit year only at the end."""
    parts = numbers.split("/")
    if len(parts) != 3 or not all(parts):
        return False
    first, second, third = (int(part) for part in parts)
    if len(parts[0]) == 4:
        return 1900 <= first <= 2100 and 1 <= second <= 12 and 1 <= third <= 31
    if len(parts[2]) not in (2, 4) or (len(parts[2]) == 4 and not 1900 <= third <= 2100):
        return False
    if len(parts[0]) > 2 or len(parts[1]) > 2:
        return False
    return (1 <= first <= 31 and 1 <= second <= 12) or (1 <= first <= 12 and 1 <= second <= 31)


def _is_compact_date(found: str) -> bool:
    return _is_date(f"{found[:2]}/{found[2:4]}/{found[4:]}") or _is_date(
        f"{found[:4]}/{found[4:6]}/{found[6:]}"
    )


def _read_words(plain: str, digits: int) -> Reading:
    """Read a code that was spoken: "five five zero, triple two one"."""
    found = ""
    times = 1
    for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", plain.lower()):
        if word in _TIMES and times == 1:
            times = _TIMES[word]
        elif word in _DIGIT_WORDS:
            found += _DIGIT_WORDS[word] * times
            times = 1
        elif found or times > 1 or (word not in _AROUND and not _CODE_WORD.fullmatch(word)):
            return NOT_A_CODE
    return Reading("code", code=found) if len(found) == digits and times == 1 else NOT_A_CODE

"""E-mail addresses and phone numbers as people write them: find, normalise, compare, mask.

A rule: it knows how a contact is written, not whose it is, and it never decides where a code goes. A
`Contact` is a key to look a person up with; what it holds cannot break out of a mail header or a query.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

_MAX_CONTACT = 320  # 64 for the local part, "@", 255 for the domain (RFC 5321 section 4.5.3.1)
_MAX_MARKS = 4  # combining marks kept on one letter: sorting thousands of them costs quadratic time

_ATOM = r"[\w!#$%&'*+/=?^`{|}~.-]"
_WORDLIKE = r"[\w!%&'+~.-]"  # inside a sentence "mail=anna@…" and "anna/ben@…" must not swallow the word before
_DOMAIN = r"\w(?:[\w-]{0,62}\w)?(?:\.\w(?:[\w-]{0,62}\w)?){1,8}"
_WHOLE_EMAIL = re.compile(rf"({_ATOM}{{1,64}})@({_DOMAIN})")
_EMAIL = re.compile(rf"(?<![\w@])\w{_WORDLIKE}{{0,63}} ?@ ?{_DOMAIN}(?![\w@])")
_BRACKETED = re.compile(r"\s{0,3}[\[({]\s?(at|dot)\s?[\])}]\s{0,3}", re.IGNORECASE)
_SPOKEN = re.compile(r"([\w.+-]{1,64}) at ((?:[\w-]{1,63} dot ){1,8}[\w-]{2,63})", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ENDING = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")

_PHONE = re.compile(
    r"(?<![\w/#.,@=%&$€£-])"
    r"(?:\+ ?|\(\+ ?)?[\d(][\d\s().\-/\u2010-\u2015]{4,40}\d(?!\w)"
    r"(?P<extension>(?:,? ?(?:ext(?:ension|n)?\.?|x|durchwahl|poste) ?\d{1,6})?)",
    re.IGNORECASE,
)
_PHONE_WORD = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|cellphone|whatsapp|call|ring|text|sms|reach|landline|telefon|handy|mobil|"
    r"nummer|téléphone|teléfono|móvil|telefono|cellulare)\b[^\d]{0,24}$",
    re.IGNORECASE,
)
_OTHER_WORD = re.compile(
    r"\b(?:order|invoice|ref|reference|customer|client|case|ticket|account|tracking|parcel|iban|card|contract|policy|"
    r"serial|article|item|member|membership|bestellung|bestellnummer|rechnung|kundennummer|vat|zip|postcode|code|"
    r"isbn|passport|id)\b[^\d+]{0,16}$",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(
    r"\s?(?:[€$£¥%]|(?:eur|euros?|usd|dollars?|gbp|pounds?|yen|chf|kr|zł)\b|,\d)", re.IGNORECASE
)
_NOT_A_PHONE = tuple(
    re.compile(pattern)
    for pattern in (
        r"\d{1,2}\s?[./ -]\s?\d{1,2}\s?[./ -]\s?(?:\d{2}|\d{4})",  # a date, day or month first
        r"(?:19|20)\d\d\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,2}(?: \d{1,2})?",  # a date, year first
        r"(?:19|20)\d\d\s?[-/\u2010-\u2015]\s?(?:19|20)\d\d",  # from one year to another
        r"(?:19|20)\d\d[-/]\d{3,}",  # a number counted within a year
        r"\d{1,3}(?:\.\d{1,3}){3}",  # an IP address
        r"\d{5}-\d{4}|\d{3}-\d{2}-\d{4}",  # a ZIP+4 code, a social security number
        r"[1-9]\d?(?:[ .]\d{3})+|[1-9]\d{2}(?:\.\d{3})+",  # an amount with its thousands apart
        r"[1-9]\d{3}(?:[ -]\d{4}){2,}(?:[ -]\d{1,3})?",  # a card or bank account
        r"\d{1,2}[.]\d\d\s?[-\u2010-\u2015]\s?\d{1,2}[.]\d\d",  # from one time to another
        r"0\.\d.*",  # a fraction
    )
)
_PHONE_SHAPES = re.compile(
    r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"  # (555) 010-0147
    r"|\d{3}-\d{4}"  # 555-0147
    r"|\d{3}[ -]\d{3}[ -]\d{3}"  # 612 345 678
    r"|\d{2}(?:[ .]\d{2}){3}"  # 12 34 56 78
)
_COMPACT_DATE = re.compile(
    r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)


@dataclass(frozen=True, repr=False)
class Contact:
    """An address or number in its normal form; made by `parse_contact` and `find_contacts`.

    An e-mail is in lower case with an ASCII domain; a phone number is digits, with "+" where its country is told.
    """

    kind: Literal["email", "phone"]
    value: str

    def __repr__(self) -> str:
        return f"Contact({self.kind} {mask(self)})"


@dataclass(frozen=True)
class Found:
    """A contact and where it stands: `text[start:end]`."""

    start: int
    end: int
    contact: Contact


def parse_contact(text: str) -> Contact | None:
    """The contact that the whole of `text` is, brackets, "mailto:" and punctuation around it aside."""
    if len(text) > _MAX_CONTACT:
        return None
    bare = _undress("".join(_fold(text)[0]))
    if (email := _whole_email(bare)) is not None:
        return Contact("email", f"{email[0]}@{email[1]}")
    return _parse_phone(bare)


def as_kept(value: str) -> Contact:
    """A contact from its normal form alone, as it was kept."""
    return Contact("email" if "@" in value else "phone", value)


def find_contacts(text: str) -> list[Found]:
    """All contacts in a sentence, in order, without overlaps."""
    letters, starts, ends = _fold(text)
    folded = "".join(letters)
    found: list[Found] = []
    covered: list[tuple[int, int]] = []
    for match in _EMAIL.finditer(folded):
        email = _whole_email(match[0].replace(" ", ""))
        if email is not None:
            covered.append(match.span())
            contact = Contact("email", f"{email[0]}@{email[1]}")
            found.append(Found(starts[match.start()], ends[match.end() - 1], contact))
    for begin, end in covered:
        folded = folded[:begin] + "@" * (end - begin) + folded[end:]
    for match in _PHONE.finditer(folded):
        phone = _phone_in_sentence(folded, match)
        if phone is not None:
            begin, end = _trim(match)
            found.append(Found(starts[begin], ends[end - 1], phone))
    if not found and (whole := parse_contact(text)) is not None:
        return [Found(0, len(text), whole)]
    return sorted(found, key=lambda one: one.start)


def same_contact(one: Contact, other: Contact) -> bool:
    """Whether both are one contact, a phone number with and one without its country included."""
    if one == other:
        return True
    if one.kind != "phone" or other.kind != "phone":
        return False
    if one.value.startswith("+") == other.value.startswith("+"):
        return one.value.lstrip("0") == other.value.lstrip("0")
    abroad, home = (
        (one.value, other.value) if one.value.startswith("+") else (other.value, one.value)
    )
    significant = home.lstrip("0")
    return (
        len(significant) >= 7
        and abroad.endswith(significant)
        and 1 <= len(abroad) - 1 - len(significant) <= 3
    )


def budget_key(contact: Contact) -> str:
    """What limits are counted by: one key for every spelling that `same_contact` takes as one contact."""
    return contact.value if contact.kind == "email" else f"tel:{contact.value[-7:]}"


def mask(contact: Contact) -> str:
    """As it may be shown: enough for its owner to recognise, not enough to learn it."""
    if contact.kind == "phone":
        return f"•••• {contact.value[-2:]}"
    local, _, domain = contact.value.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _fold(text: str) -> tuple[list[str], list[int], list[int]]:
    """The letters of `text` in compatibility form without invisible ones, with the place each comes from."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and end - position <= _MAX_MARKS and unicodedata.combining(text[end]):
            end += 1
        for letter in unicodedata.normalize("NFKC", text[position:end]):
            if unicodedata.category(letter) == "Cf":
                continue
            letters.append("." if letter == "\u3002" else letter)
            starts.append(position)
            ends.append(end)
        position = end
    return _replace_bracketed(letters, starts, ends)


def _replace_bracketed(
    letters: list[str], starts: list[int], ends: list[int]
) -> tuple[list[str], list[int], list[int]]:
    """Write "anna [at] example [dot] com" with signs."""
    folded = "".join(letters)
    for match in reversed(list(_BRACKETED.finditer(folded))):
        begin, end = match.span()
        letters[begin:end] = ["@" if match[1].lower() == "at" else "."]
        starts[begin:end] = [starts[begin]]
        ends[begin:end] = [ends[end - 1]]
    return letters, starts, ends


def _undress(text: str) -> str:
    bare = text.strip(" \t\n\r\u00a0.,;:!?\"'“”‘’«»")
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1].strip()
    for scheme in ("mailto:", "tel:"):
        if bare.lower().startswith(scheme):
            bare = bare[len(scheme) :].strip()
    return bare


def _whole_email(text: str) -> tuple[str, str] | None:
    """Local part and ASCII domain of an address."""
    if spoken := _SPOKEN.fullmatch(text):
        text = f"{spoken[1]}@{re.sub(' dot ', '.', spoken[2], flags=re.IGNORECASE)}"
    elif " " in text:
        # A slip of the thumb ("mira. holt @example. com"): spaces beside a dot or the sign are not meant.
        text = re.sub(r"(?<=[.@]) | (?=[.@])", "", text)
    match = _WHOLE_EMAIL.fullmatch(text)
    if match is None:
        return None
    local, domain = match.groups()
    if local.startswith(".") or local.endswith(".") or ".." in local or len(domain) > 253:
        return None
    labels = [_ascii_label(label) for label in domain.lower().split(".")]
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if not _ENDING.fullmatch(labels[-1]):
        return None
    return local.lower(), ".".join(labels)


def _ascii_label(label: str) -> str:
    """As IDNA 2008 has it: the standard library's codec knows 2003, where "ß" becomes somebody else's "ss"."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _parse_phone(text: str) -> Contact | None:
    match = _PHONE.fullmatch(text)
    if match is None:
        return None
    written = _without_extension(match)
    digits = _digits(written)
    bare = digits == written
    if bare and (len(digits) < 8 or _COMPACT_DATE.fullmatch(digits)):
        return None
    return _phone(written) if bare or _could_be_phone(written, said_phone=True) else None


def _phone_in_sentence(text: str, match: re.Match[str]) -> Contact | None:
    written = _without_extension(match)
    before = text[max(0, match.start() - 40) : match.start()]
    after = text[match.end() : match.end() + 12]
    if _OTHER_WORD.search(before) or _MONEY_AFTER.match(after) or re.search(r"[€$£¥]\s?$", before):
        return None
    said_phone = _PHONE_WORD.search(before) is not None
    return _phone(written) if _could_be_phone(written, said_phone=said_phone) else None


def _could_be_phone(written: str, *, said_phone: bool) -> bool:
    plain = _ascii_digits(written)
    if any(shape.fullmatch(plain) for shape in _NOT_A_PHONE):
        return False
    if plain.startswith(("+", "(+")):
        return True
    digits = _digits(plain)
    if digits.startswith("000"):
        return False
    if digits.startswith("0"):
        return len(digits) >= (9 if digits == plain else 7) or said_phone
    return said_phone or _PHONE_SHAPES.fullmatch(plain) is not None


def _phone(written: str) -> Contact | None:
    plain = _ascii_digits(written)
    if plain.count("(") != plain.count(")"):
        plain = plain.strip("()")
    international = plain.startswith(("+", "(+", "00"))
    digits = _digits(re.sub(r"(?<=\d)\s?\(0\)", "", plain) if international else plain)
    if international:
        digits = digits.removeprefix("00")
        return (
            Contact("phone", f"+{digits}") if 8 <= len(digits) <= 15 and digits[0] != "0" else None
        )
    return Contact("phone", digits) if 7 <= len(digits) <= 13 else None


def _without_extension(match: re.Match[str]) -> str:
    begin, end = _trim(match)
    return match.string[begin : min(end, match.start("extension"))]


def _trim(match: re.Match[str]) -> tuple[int, int]:
    """Leave out a bracket that opens before the number and closes behind it or never: "(call 07700 900321)"."""
    begin, end = match.span()
    if match.string[begin] == "(" and ")" not in match[0]:
        begin += 1
    return begin, end


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _digits(text: str) -> str:
    return "".join(c for c in _ascii_digits(text) if c in "0123456789")

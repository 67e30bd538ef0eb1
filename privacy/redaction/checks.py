"""Check digits and shapes of numbers that are never shown: bank accounts, payment cards, identity numbers.

Each takes the signs of a candidate without gaps, in lower case. Pure arithmetic.
"""

import re
from typing import Final

# ISO 13616: SWIFT's IBAN registry, length by country.
_IBAN_LENGTHS: Final = {
    country: int(length)
    for length, countries in (
        entry.split(":")
        for entry in re.findall(
            r"\S+",
            "15:no 16:be 18:dk,fi,fo,gl,nl,sd,fk 19:mk,si 20:at,ba,ee,kz,lt,lu,mn,xk 21:ch,cr,hr,li,lv"
            " 22:bg,bh,de,gb,ge,ie,me,rs,va 23:ae,gi,il,iq,om,so,tl 24:ad,cz,es,md,pk,ro,sa,se,sk,tn,vg"
            " 25:ly,pt,st 26:is,tr 27:bi,dj,fr,gr,it,mc,mr,sm 28:al,az,by,cy,do,gt,hu,lb,ni,pl,sv"
            " 29:br,eg,ps,qa,ua 30:jo,kw,mu,ye 31:mt,sc 32:lc 33:ru",
        )
    )
    for country in countries.split(",")
}
# First digits and lengths of the card schemes (ISO/IEC 7812). Thirteen digits are barcodes, not cards.
_CARDS: Final = re.compile(
    r"4(?:\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d{2})(?:\d{12}|\d{15})"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|62\d{14,17}"  # UnionPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{10,15}"  # Maestro
)
_NINO: Final = re.compile(r"(?!bg|gb|nk|kn|tn|nt|zz)[abceghj-prstw-z][abceghj-nprstw-z]\d{6}[a-d]")
_DNI: Final = re.compile(r"[0-9xyz]\d{7}[a-z]")
_FISCALE: Final = re.compile(r"[a-z]{6}\d{2}[abcdehlmprst]\d{2}[a-z]\d{3}[a-z]")
_CPF_WRITTEN: Final = re.compile(r"\d{3}\.\d{3}\.\d{3}-\d{2}")
_NIR: Final = re.compile(r"[12]\d{2}(?:0[1-9]|1[0-2])\d{10}")
_FISCALE_ODD: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)  # fmt: skip


def iban_length(joined: str) -> int:
    """How long an IBAN of the country named by the first two letters is; 0 for no country."""
    return _IBAN_LENGTHS.get(joined[:2], 0)


def is_iban(joined: str) -> bool:
    """ISO 7064 MOD 97-10 over the rearranged number."""
    if not (joined.isascii() and joined.isalnum() and joined[2:4].isdigit()):
        return False
    return int("".join(str(int(sign, 36)) for sign in joined[4:] + joined[:4])) % 97 == 1


def is_card(joined: str) -> bool:
    """A range that is issued, and the check digit of Luhn."""
    return _CARDS.fullmatch(joined) is not None and joined.isascii() and _luhn(joined)


def is_identity_number(joined: str, written: str) -> bool:
    """National numbers that are told by their own shape and check: others need a word before them."""
    if not joined.isascii():
        return False
    return (
        _NINO.fullmatch(joined) is not None  # UK National Insurance
        or (_DNI.fullmatch(joined) is not None and _dni(joined))  # Spain
        or (_FISCALE.fullmatch(joined) is not None and _fiscale(joined))  # Italy
        or (_NIR.fullmatch(joined) is not None and _nir(joined))  # France
        or (_CPF_WRITTEN.fullmatch(written) is not None and _cpf(joined))  # Brazil
    )


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _dni(joined: str) -> bool:
    number = int({"x": "0", "y": "1", "z": "2"}.get(joined[0], joined[0]) + joined[1:8])
    return "trwagmyfpdxbnjzsqvhlcke"[number % 23] == joined[8]


def _fiscale(joined: str) -> bool:
    values = [int(sign) if sign.isdigit() else ord(sign) - 97 for sign in joined[:15]]
    total = sum(_FISCALE_ODD[v] if place % 2 == 0 else v for place, v in enumerate(values))
    return total % 26 == ord(joined[15]) - 97


def _nir(joined: str) -> bool:
    return 97 - int(joined[:13]) % 97 == int(joined[13:])


def _cpf(joined: str) -> bool:
    digits = [int(sign) for sign in joined]
    for length in (9, 10):
        total = sum(d * (length + 1 - place) for place, d in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True

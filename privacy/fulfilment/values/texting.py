"""Which phone numbers a text message reaches, by their countries' numbering plans. Pure."""

import phonenumbers
from phonenumbers import PhoneNumberType

from privacy.contacts import Contact

# Landlines, internet telephony, and lines that cost the caller more are left out: a person looks at those.
_REACHED = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def textable(number: str, region: str) -> Contact | None:
    """The number in E.164 (ITU-T), where a text message reaches it; `region` (ISO 3166) for numbers without a country."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(parsed) not in _REACHED:
        return None
    return Contact("phone", phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))

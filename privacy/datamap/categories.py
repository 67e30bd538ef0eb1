"""The vocabulary of data categories: keys of the Fideslang taxonomy (version 3, CC BY 4.0), and
what they imply.

It knows names, not people: which categories exist, which of them are never shown (S-28: identity
documents, account numbers, passwords, health records, biometrics), and how a customer calls a group
of them.
"""

from difflib import get_close_matches
from typing import Final

TAXONOMY: Final = (
    "https://github.com/IABTechLab/fideslang, data_files/data_categories.csv, 76ba0ad (14 May 2025)"
)

_TREE: Final[dict[str, str]] = {
    "system": "authentication operations",
    "user": "account authorization behavior biometric childrens contact content criminal_history"
    " demographic device financial government_id health_and_medical job_title location name payment"
    " privacy_preferences sensor social telemetry unique_id user_sensor workplace",
    "user.account": "settings username",
    "user.authorization": "biometric credentials password",
    "user.behavior": "browsing_history media_consumption purchase_history search_history",
    "user.biometric": "fingerprint health retinal voice",
    "user.contact": "address email fax_number organization phone_number url",
    "user.contact.address": "city country postal_code state street",
    "user.content": "private public self_image",
    "user.demographic": "age_range date_of_birth gender language marital_status political_opinion"
    " profile race_ethnicity religious_belief sexual_orientation",
    "user.device": "cookie cookie_id device_id ip_address",
    "user.financial": "bank_account credit_card",
    "user.government_id": "birth_certificate drivers_license_number immigration"
    " national_identification_number passport_number vehicle_registration",
    "user.health_and_medical": "genetic insurance_beneficiary_id record_id",
    "user.location": "imprecise precise",
    "user.name": "first last",
    "user.unique_id": "pseudonymous",
}

CATEGORIES: Final[frozenset[str]] = frozenset(_TREE) | {
    f"{parent}.{child}" for parent, children in _TREE.items() for child in children.split()
}

NEVER_SHOWN: Final[tuple[str, ...]] = (
    "system.authentication",
    "user.authorization",
    "user.biometric",
    "user.financial.bank_account",
    "user.financial.credit_card",
    "user.government_id",
    "user.health_and_medical",
)

# The longest key that fits wins. The words go on after "your …" or stand alone in a list.
_GROUPS: Final[dict[str, str]] = {
    "user": "other details about you",
    "user.account": "account and settings",
    "user.authorization": "sign-in secrets",
    "user.behavior": "what you looked at and clicked",
    "user.behavior.purchase_history": "orders",
    "user.biometric": "biometric details",
    "user.contact": "contact details",
    "user.contact.address": "addresses",
    "user.content": "messages and notes",
    "user.demographic": "details about you",
    "user.demographic.profile": "what we think interests you",
    "user.device": "device and connection",
    "user.financial": "payment details",
    "user.government_id": "identity documents",
    "user.health_and_medical": "health details",
    "user.location": "places",
    "user.name": "name",
    "user.payment": "payment details",
    "user.privacy_preferences": "consents and choices",
    "user.unique_id": "customer number",
}


def within(category: str, parent: str) -> bool:
    """Is `category` this `parent` or a part of it?"""
    return category == parent or category.startswith(f"{parent}.")


def never_shown(category: str) -> bool:
    """Must a value of this category be named only, never shown?"""
    return any(within(category, parent) for parent in NEVER_SHOWN)


def group(category: str) -> str:
    """The customer's word for the group that a category belongs to."""
    fitting = [key for key in _GROUPS if within(category, key)]
    return _GROUPS[max(fitting, key=len)] if fitting else "other details"


def nearest(category: str) -> str | None:
    """The known category that looks most like this one, for "did you mean"."""
    return next(iter(get_close_matches(category, sorted(CATEGORIES), n=1, cutoff=0.5)), None)

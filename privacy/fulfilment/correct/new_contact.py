"""Whether a correction needs the new contact to prove itself, and whether it has.

Pure. Called before such a correction is filed: the old contact and the new one are both proven for this act.
"""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from privacy.contacts import Contact, same_contact
from privacy.datamap.model import DataMap
from privacy.fulfilment.values.checked import WHOLE, Checked, check
from privacy.fulfilment.values.texting import textable

PROVEN = "proven_contact"
"""The detail of a request that says which new contact has proven itself, in its normal form; "" where none had to."""


class Wish(Protocol):
    """What is to be filed (`Draft`, `StoredDraft`)."""

    @property
    def kind(self) -> str: ...
    @property
    def details(self) -> Mapping[str, str]: ...


class ContactProof(Protocol):
    """A proof (`Verification.proven(conversation, "new_contact", act_key)`)."""

    @property
    def contact(self) -> Contact: ...


def new_contact_needed(datamap: DataMap, draft: Wish, *, texts: bool) -> Contact | None:
    """The e-mail address or phone number that has to prove itself before this can be filed; None where nothing has to.

    `texts`: whether text messages can be sent. A number that none reaches is filed, and a person looks at it then.
    """
    correction = datamap.corrections.get(draft.details.get("field", ""))
    if draft.kind != "correct" or correction is None or correction.needs != "new_code":
        return None
    value = draft.details.get("value", "")
    read = check(correction.kind, value, region=datamap.region, today=date.max)
    if not isinstance(read, Checked):
        return None
    if correction.kind == "email":
        return Contact("email", read.values[WHOLE].lower())
    if correction.kind == "phone" and texts:
        return textable(read.values[WHOLE], datamap.region)
    return None


def is_proven(needed: Contact | None, proof: ContactProof | None) -> bool:
    """Whether the proof is that of the contact that is needed."""
    return needed is None or (proof is not None and same_contact(proof.contact, needed))

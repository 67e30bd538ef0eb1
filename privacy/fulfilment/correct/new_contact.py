"""Whether a correction needs the new contact to prove itself, and whether it has.

Pure. Called before such a correction is filed: the old contact and the new one are both proven for this act.
"""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from privacy.contacts import Contact, same_contact
from privacy.datamap.model import DataMap
from privacy.fulfilment.values.checked import WHOLE, Checked, check


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


def new_contact_needed(datamap: DataMap, draft: Wish) -> Contact | None:
    """The e-mail address that has to prove itself before this can be filed; None where nothing has to.

    A phone number is never one: codes go by e-mail only, so a person looks at it after filing.
    """
    correction = datamap.corrections.get(draft.details.get("field", ""))
    if draft.kind != "correct" or correction is None:
        return None
    if correction.kind != "email" or correction.needs != "new_code":
        return None
    read = check("email", draft.details.get("value", ""), region=datamap.region, today=date.max)
    return Contact("email", read.values[WHOLE].lower()) if isinstance(read, Checked) else None


def is_proven(needed: Contact | None, proof: ContactProof | None) -> bool:
    """Whether the proof is that of the contact that is needed."""
    return needed is None or (proof is not None and same_contact(proof.contact, needed))
